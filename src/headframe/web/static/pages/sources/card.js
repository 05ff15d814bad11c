// One source.
//
// Responsible for: its card: how it is and what to do, its shares, its upstream, its past, acts on it.
// Not responsible for: dialogs (pages/sources/edit.js, test.js), weights.

import { api, part, query } from "../../core/api.js";
import { each, h, show } from "../../core/dom.js";
import { count, duration, percent } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";
import { said } from "../../core/said.js";
import { can } from "../../core/session.js";
import { computed, effect, onEnd, signal, untracked } from "../../core/signals.js";
import { sourceColor } from "../../parts/chart-colors.js";
import { chart } from "../../parts/chart.js";
import { complain, confirm, toast } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { REFRESH_S } from "../../parts/ranges.js";
import { needsSomebody, sourceBadge } from "../../parts/shaft-state.js";
import { ticked } from "../../parts/ticked.js";
import { why } from "../../parts/why.js";
import { sayResult } from "./draft.js";
import { editSource } from "./edit.js";
import { consequences, planWithout } from "./plan.js";
import { quantile } from "./quantile.js";
import { testSource } from "./test.js";

async function pause(source, paused) {
  if (paused) {
    const says = [t("sources.pause_says"), ...consequences(await planWithout(source.name), "pause")];
    const sure = await confirm({ title: t("sources.pause_title", { name: source.name }), says, act: t("sources.pause") });
    if (!sure) return;
  }
  for (const result of [await api.patch("sources", { paused: { [source.name]: paused } })].flat()) sayResult(result);
  toast(t(paused ? "sources.paused" : "sources.resumed", { name: source.name }));
}

async function remove(source, last) {
  const plan = await planWithout(source.name);
  const says = [t("sources.remove_says", { count: source.sessions, miners: count(source.sessions) }), ...consequences(plan, "remove"), t("sources.remove_keeps"), last ? t("sources.remove_last") : null].filter(Boolean);
  if (!(await confirm({ title: t("sources.remove_title", { name: source.name }), says, act: t("sources.remove"), danger: true }))) return;
  sayResult(await api.remove(`sources/${part(source.name)}`));
  toast(t("sources.removed", { name: source.name }));
}

function acts(source, all) {
  const button = (name, word, act) => h("button", { type: "button", onclick: () => Promise.resolve(act(source.peek())).catch(complain) }, icon(name, { size: 16 }), () => t(word));
  return h(
    "div",
    { class: "actions" },
    show(
      () => (can("weights") ? (source().paused ? "paused" : "runs") : ""),
      (state) => (state ? (state === "paused" ? button("play", "sources.resume", (one) => pause(one, false)) : button("pause", "sources.pause", (one) => pause(one, true))) : null),
    ),
    show(() => can("sources"), (may) => (may ? button("bolt", "sources.test", testSource) : null)),
    show(
      () => can("sources") && can("settings"),
      (may) => (may ? button("edit", "sources.edit", (one) => editSource(one)) : null),
    ),
    show(() => can("sources"), (may) => (may ? button("trash", "sources.remove", (one) => remove(one, all.peek().length === 1)) : null)),
  );
}

const wordOf = (reason) => (has(`sources.refused.${reason}`) ? t(`sources.refused.${reason}`) : reason);

function latency(histogram) {
  const [half, most] = [quantile(histogram, 0.5), quantile(histogram, 0.95)];
  if (half === null) return t("core.unknown");
  const word = (value) => (Number.isFinite(value) ? t("sources.milliseconds", { ms: count(Math.round(value * 1000)) }) : t("sources.longer", { than: duration(histogram.bounds.at(-1)) }));
  return t("sources.latency_says", { half: word(half), most: word(most) });
}

function upstream(source) {
  const said = () => source().upstream;
  const refusals = () => Object.entries(said()?.refused ?? {}).filter(([, times]) => times).sort(([, a], [, b]) => b - a);
  return show(
    () => Boolean(said()),
    (some) =>
      some
        ? [
            h("dt", {}, () => t("sources.upstream")),
            h("dd", {}, () => {
              const { outcomes } = said();
              const all = Object.values(outcomes).reduce((sum, each) => sum + each, 0);
              return t("sources.upstream_says", { accepted: count(outcomes.accepted ?? 0), refused: count(outcomes.refused ?? 0), lost: count(outcomes.lost ?? 0), part: percent(all ? (outcomes.refused ?? 0) / all : null) });
            }),
            show(
              () => refusals().length > 0,
              (any) => (any ? [h("dt", {}, () => t("sources.refusals")), h("dd", {}, () => refusals().map(([reason, times]) => `${wordOf(reason)} ${count(times)}`).join(", "))] : null),
            ),
            h("dt", {}, () => t("sources.latency")),
            h("dd", {}, why(() => latency(said().latency), () => t("sources.latency_why", { count: said().latency?.count ?? 0, number: count(said().latency?.count ?? 0) }), { label: () => t("sources.latency") })),
            h("dt", {}, () => t("sources.connections")),
            h("dd", {}, () => count(said().connections)),
          ]
        : null,
  );
}

// As loud as the dashboard's "needs attention": what only informs is not a warning here either.
function noteBox(note) {
  const loud = computed(() => needsSomebody(note()));
  return h(
    "div",
    { class: () => ["source-note", loud() && "source-note-warn"] },
    show(loud, (is) => icon(is ? "warn" : "about", { size: 16 })),
    h("div", {}, h("strong", {}, () => ticked(said(note().text))), h("p", {}, () => ticked(said(note().remedy)))),
  );
}

function historyData(source, history) {
  const now = history();
  if (!now) return null;
  const lines = [{ key: "delivered", name: t("sources.delivered"), color: sourceColor(source.peek().name), values: now.delivered, area: true }];
  // As it is wanted now, not when the past was asked for: a pause shows at once.
  const wanted = source().target_share;
  if (wanted !== null) lines.push({ key: "wanted", name: t("sources.wanted_now"), color: "var(--text-soft)", values: now.delivered.map(() => wanted), dashed: true });
  return { from_s: now.from_s, step_s: now.step_s, lines, top: 1, running: true };
}

export function card(source, all, range) {
  const history = signal(null);
  const { name } = source.peek();
  effect(() => {
    const span = range();
    const ask = () => document.visibilityState === "visible" && api.get(query(`sources/${part(name)}/history`, { range: span })).then((found) => range.peek() === span && history.set(found), () => {});
    untracked(ask);
    const timer = setInterval(ask, REFRESH_S[span] * 1000);
    onEnd(() => clearInterval(timer));
  });
  const row = (word, value) => [h("dt", {}, () => t(word)), h("dd", {}, value)];
  const known = (value, words) => (value === null || value === undefined ? t("core.unknown") : words(value));
  return h(
    "section",
    { class: "card source-card", id: `source-${name}`, tabindex: "-1", style: () => ({ "--dot": sourceColor(name) }) },
    h(
      "header",
      {},
      h("h2", {}, h("span", { class: "source-dot" }), h("bdi", {}, name)),
      h("span", { class: "soft" }, () => t(`sources.kind_${source().kind}`)),
      show(() => `${source().up} ${source().paused} ${source().notes.length} ${source().reason}`, () => sourceBadge(source.peek())),
      h("span", { class: "soft" }, () => t(source().up ? "sources.up_since" : "sources.down_since", { time: duration(source().since_s) })),
      acts(source, all),
    ),
    show(
      () => (source().up ? "" : `${source().reason}\n${source().remedy}`),
      (both) => {
        const [reason, remedy] = both.split("\n");
        return both.trim() ? h("div", { class: "refusal" }, icon("bad"), h("div", {}, h("strong", {}, () => ticked(said(reason))), remedy ? h("p", {}, () => ticked(said(remedy))) : null)) : null;
      },
    ),
    each(
      () => source().notes,
      (note) => `${note.kind} ${note.text}`,
      noteBox,
    ),
    h(
      "div",
      { class: "source-body" },
      h(
        "dl",
        { class: "fact-list" },
        row("sources.endpoint", show(() => source().endpoint, (endpoint) => (endpoint ? h("code", {}, endpoint) : t("core.unknown")))),
        row("sources.chain", () => t("sources.chain_says", { chain: source().chain.toUpperCase(), network: source().network })),
        row("sources.target", why(() => known(source().target_share, percent), () => t("sources.target_why"), { label: () => t("sources.target") })),
        row("sources.delivered_both", why(() => t("sources.delivered_says", { hour: percent(history()?.delivered_1h ?? null), day: percent(history()?.delivered_24h ?? null) }), () => t("sources.delivered_why"), { label: () => t("sources.delivered") })),
        row("sources.miners", h("a", { href: `/miners?source=${encodeURIComponent(name)}` }, () => count(source().sessions))),
        row("sources.job_age", () => (source().template_age_s === null ? t("core.unknown") : t("sources.job_says", { age: duration(source().template_age_s), height: known(source().height, count) }))),
        upstream(source),
      ),
      h("div", { class: "source-chart" }, chart({ label: () => t("sources.history_of", { name }), data: () => historyData(source, history), format: percent, height: 190, empty: () => t("sources.history_none") })),
    ),
  );
}
