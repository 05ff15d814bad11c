// The shaft: who mines for whom, by measured hashrate.
//
// Responsible for: sources left, miners right, ribbons between them as wide as the hashrate; opening what is clicked; on
// request the wanted shares as a bar whose boundaries are dragged, and planned moves as ghosts.
// Not responsible for: asking (core/live.js has the shaft), applying weights (pages/sources.js), the arithmetic of the
// picture (parts/shaft-layout.js).
//
//   shaft({ flows, sources, large, rows, wanted, ghosts, onweight, empty })
//     flows    () => Shaft {flows: [Flow]} or null (not known yet); live.shaft if left out
//     sources  () => [SourceView] in the order of the configuration; those of live.overview if left out
//     large    true: taller, more miners by name
//     rows     how many miners are shown by name at most (14, or 28 when large)
//     wanted   () => {source: share 0..1}: the bar of wanted shares; the sources' target_share if left out
//     ghosts   () => [PlannedMove {from_source, to_source, hashrate, miners}]: drawn dashed, in the colour of where they go
//     onweight (source, share, other, otherShare) => …: given, the boundaries of the bar can be dragged or moved by arrow
//              keys; called for each step with the new shares (0..1) of the two sources at the boundary. Their sum stays.
//     empty    () => node where no miner mines; a text with a link to /connect if left out
//   A source opens /sources?source=NAME, a miner /miners/KEY. In boxes narrower than 560 pixels it is a list.

import { each, h, show, svg } from "../core/dom.js";
import { count, hashrate } from "../core/format.js";
import { t } from "../core/i18n.js";
import { overview, shaft as liveShaft } from "../core/live.js";
import { go } from "../core/router.js";
import { computed } from "../core/signals.js";
import { sourceColor } from "./chart-colors.js";
import { icon } from "./icon.js";
import { arrange, band, ghost, memory } from "./shaft-layout.js";
import { list } from "./shaft-list.js";
import { sourceBadge, sourceState } from "./shaft-state.js";
import { minerName, sharesSaid, sourcePath, turns } from "./shaft-words.js";
import { weights } from "./shaft-weights.js";

const minerPath = (miner) => (miner.key ? `/miners/${encodeURIComponent(miner.key)}` : "/miners");

export function shaft({ flows = liveShaft, sources = () => overview()?.sources ?? [], large = false, rows = undefined, wanted, ghosts = () => [], onweight = null, empty = nobody } = {}) {
  const kept = memory();
  const known = computed(() => new Map(sources().map((source) => [source.name, source])));
  const plan = computed(() => (flows() ? arrange(flows().flows, [...known().keys()], kept, { large, rows }) : null));
  const glides = gliding(plan);
  const said = computed(() => sharesSaid(sources()));
  const bare = computed(() => (plan() ? plan().miners.length === 0 : false));
  const shares = wanted ?? (() => Object.fromEntries(sources().map((source) => [source.name, source.target_share ?? 0])));
  const shown = () => plan()?.miners;
  const picture = h(
    "div",
    { class: () => ["shaft-picture", onweight && "shaft-weighed", glides() && "shaft-glides"], style: () => ({ "--high": `${plan()?.height ?? 220}px` }) },
    onweight ? weights({ shares, onweight, height: () => plan()?.height ?? 220 }) : null,
    h("ul", { class: "shaft-side shaft-sources" }, each(() => plan()?.sources, (one) => one.name, (one) => h("li", { style: () => placed(one()) }, sourceLabel(one, known, said)))),
    h("div", { class: "shaft-middle" }, ribbons(plan), ghostWords(plan, ghosts)),
    h("ul", { class: "shaft-side shaft-miners" }, each(shown, (one) => one.id, (one) => h("li", { style: () => placed(one()) }, minerLabel(one)))),
    () => (bare() ? h("div", { class: "shaft-empty" }, empty()) : null),
  );
  function ribbons() {
    return svg(
      "svg",
      { class: "shaft-ribbons", "aria-hidden": "true", preserveAspectRatio: "none", viewBox: () => `0 0 100 ${plan()?.height ?? 220}` },
      svg("g", {}, each(() => plan()?.ribbons, (one) => one.id, ribbon)),
      svg("g", {}, each(() => drawn(plan(), ghosts()), (one) => one.id, (one) =>
        svg("path", { class: "shaft-ghost", d: () => one().path, style: () => ({ "--c": sourceColor(one().to_source) }), "vector-effect": "non-scaling-stroke" }))),
    );
  }
  return h("section", { class: () => ["shaft", large && "shaft-large"], "aria-label": () => t("core.shaft") }, picture, list({ plan, known, said, bare, empty }));
}

const FAR = 10; // pixels
// Whether something went so far that the eye needs help to follow. Small steps are made at once: to animate the noise of
// measuring, frame by frame, would cost a small machine more than all the rest of the page.
function gliding(plan) {
  let before = new Map();
  return computed(() => {
    const now = new Map((plan()?.miners ?? []).map((one) => [one.id, one.y]));
    const far = [...now].some(([id, y]) => before.has(id) && Math.abs(before.get(id) - y) > FAR);
    const known = before.size > 0;
    before = now;
    return known && far;
  });
}

const placed = (one) => ({ "--y": `${one.y.toFixed(1)}px`, "--slot": `${one.slot.toFixed(1)}px`, "--bar": `${one.bar.toFixed(1)}px` });

function sourceLabel(one, known, said) {
  const source = () => known().get(one().name);
  return h(
    "a",
    { class: "shaft-source", href: () => sourcePath(one().name), style: () => ({ "--c": sourceColor(one().name) }), title: () => sourceState(source()).says || null },
    h(
      "span",
      { class: "shaft-words" },
      h("strong", {}, () => icon(source()?.kind === "node" ? "node" : "pool", { size: 16 }), h("span", {}, () => one().name)),
      h("span", { class: "shaft-now" }, h("span", { class: "shaft-rate number" }, () => (source() && !source().up && !one().hashrate ? "" : hashrate(one().rate))), () => sourceBadge(source())),
      h("span", { class: "shaft-share number" }, () => said().get(one().name) ?? ""),
    ),
    h("span", { class: "shaft-bar" }),
  );
}

// One that mines for several sources in turn is marked, and says for which.
const inTurn = (one) =>
  show(
    () => turns(one()) !== "",
    (some) => (some ? h("span", { class: "shaft-turns", role: "img", title: () => turns(one()), "aria-label": () => turns(one()) }, icon("sources", { size: 14 })) : null),
  );

const minerLabel = (one) =>
  h(
    "a",
    { class: () => ["shaft-miner", !one().key && "shaft-more"], href: () => minerPath(one()), style: () => ({ "--c": sourceColor(one().first) }) },
    h("span", { class: "shaft-bar" }),
    h("span", { class: "shaft-name", title: () => minerName(one()) }, () => minerName(one())),
    inTurn(one),
    h("span", { class: "shaft-rate number" }, () => hashrate(one().rate)),
  );

const ribbon = (one) =>
  svg(
    "path",
    { class: "shaft-ribbon", d: () => band(one()), style: () => ({ "--c": sourceColor(one().source) }), onclick: () => go(minerPath(one())) },
    svg("title", {}, () => t("core.shaft_ribbon", { miner: minerName(one()), source: one().source, hashrate: hashrate(one().rate) })),
  );

function drawn(plan, moves) {
  if (!plan) return [];
  const places = new Map(plan.sources.map((one) => [one.name, one]));
  return moves
    .filter((move) => places.has(move.from_source) && places.has(move.to_source) && move.hashrate > 0)
    .map((move) => ({ ...move, id: `${move.from_source}\0${move.to_source}`, ...ghost(places.get(move.from_source), places.get(move.to_source), move.hashrate * plan.perHash) }));
}

const ghostWords = (plan, ghosts) =>
  each(() => drawn(plan(), ghosts()), (one) => one.id, (one) =>
    h(
      "p",
      { class: "shaft-ghost-words", style: () => ({ left: `${one().x}%`, top: `${one().y}px`, "--c": sourceColor(one().to_source) }) },
      () => t(one().miners ? "core.shaft_ghost" : "core.shaft_ghost_part", { count: one().miners, shown: count(one().miners), hashrate: hashrate(one().hashrate), to: one().to_source }),
    ));

const nobody = () => [
  icon("miners", { size: 32 }),
  h("p", {}, t("core.shaft_nobody")),
  h("a", { href: "/connect", class: "button" }, icon("connect"), t("core.nav_connect")),
];
