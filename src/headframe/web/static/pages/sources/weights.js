// The weights as sliders.
//
// Responsible for: one slider, number and lock for each source, what would move in words, Apply and Undo.
// Not responsible for: the arithmetic (pages/sources/balance.js), the draft (pages/sources/draft.js), the shaft.

import { each, h, show } from "../../core/dom.js";
import { count, percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { sourceColor } from "../../parts/chart-colors.js";
import { icon } from "../../parts/icon.js";
import { sourceBadge } from "../../parts/shaft-state.js";
import { span } from "../../parts/shaft-words.js";
import { why } from "../../parts/why.js";
import { apply, before, busy, discard, draft, limits, locked, preview, set, sharesNow, takeBack, tiersOf, toggleLock } from "./draft.js";
import { moveList } from "./plan.js";

function slider(sources, tier, name) {
  const share = () => sharesNow(sources(), tier)[name] ?? 0;
  const source = () => sources().find((one) => one.name === name);
  const bounds = () => limits(sources(), tier, name);
  const fixed = () => locked().has(name) || bounds()[0] === bounds()[1];
  const act = (event) => {
    const value = Number(event.target.value);
    if (event.target.value !== "" && Number.isFinite(value)) set(sources.peek(), tier, name, value * 10);
    // What it became may be the same as before, and is then not written by itself.
    if (event.type === "change") event.target.value = String(share() / 10);
  };
  return h(
    "div",
    { class: "weight", style: () => ({ "--dot": sourceColor(name) }) },
    h("span", { class: "weight-name" }, h("span", { class: "source-dot" }), h("bdi", {}, name), () => (source() && (source().paused || !source().up) ? sourceBadge(source()) : null)),
    h("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 1,
      value: () => String(share() / 10),
      disabled: fixed,
      "aria-label": t("sources.share_of", { name }),
      "aria-valuetext": () => percent(share() / 1000),
      oninput: act,
    }),
    h(
      "span",
      { class: "weight-number" },
      h("input", { type: "number", min: 0, max: 100, step: 0.1, value: () => String(share() / 10), disabled: fixed, "aria-label": t("sources.percent_of", { name }), onchange: act }),
      h("span", { "aria-hidden": "true" }, "%"),
    ),
    h(
      "button",
      { type: "button", class: () => ["quiet", "weight-lock", locked().has(name) && "weight-locked"], "aria-pressed": () => String(locked().has(name)), title: () => t(locked().has(name) ? "sources.unlock" : "sources.lock"), "aria-label": () => t("sources.lock_of", { name }), onclick: () => toggleLock(name) },
      icon("lock", { size: 16 }),
    ),
    h("span", { class: "soft weight-got" }, show(() => rests(source()), (state) => (state ? () => t(`sources.rests_${state}`, { part: percent(share() / 1000, 1) }) : got(source)))),
  );
}

/** Why a source with a weight gets nothing now. */
const rests = (source) => (source?.paused ? "paused" : source && !source.up ? "down" : "");

function got(source) {
  const time = () => span(source().delivered_over_s);
  const words = () => (source()?.delivered_share == null ? t("sources.gets_unknown") : t("sources.gets", { part: percent(source().delivered_share, 1), time: time() }));
  return why(words, () => t("sources.gets_why", { wanted: percent(source()?.target_share ?? null, 1), time: time() }), { label: () => t("sources.delivered") });
}

const tierOf = (sources, tier, many) =>
  h(
    "div",
    { class: "weights", role: "group", "aria-label": () => t("sources.tier", { tier: count(tier) }) },
    show(many, (some) => (some ? h("h3", {}, () => t(tier === tiersOf(sources())[0] ? "sources.tier_first" : "sources.tier_next", { tier: count(tier) })) : null)),
    each(
      () => sources().filter((one) => one.tier === tier),
      (one) => one.name,
      (one) => slider(sources, tier, one.peek().name),
    ),
  );

function planned() {
  const plan = preview();
  if (!draft()) return null;
  if (!plan) return h("p", { class: "soft" }, t("sources.preview_wait"));
  if (!plan.moves.length) return h("p", {}, t("sources.preview_nothing"));
  return [h("p", {}, t("sources.preview")), moveList(plan.moves)];
}

/** `sources` is a signal of the sources in the order of the configuration. */
export const weights = (sources) =>
  h(
    "div",
    { class: "weights-panel" },
    each(
      () => tiersOf(sources()),
      (tier) => tier,
      (tier) => tierOf(sources, tier.peek(), () => tiersOf(sources()).length > 1),
    ),
    h("div", { class: "plan-box", role: "status" }, planned),
    h(
      "div",
      { class: "actions weights-acts" },
      h("button", { type: "button", class: "primary", disabled: () => !draft() || busy(), "aria-busy": () => (busy() ? "true" : null), onclick: () => apply(sources.peek()) }, () => t("sources.apply")),
      h("button", { type: "button", disabled: () => !draft() || busy(), onclick: discard }, () => t("sources.discard")),
      show(
        () => Boolean(before()) && !draft(),
        (some) => (some ? h("button", { type: "button", disabled: busy, onclick: takeBack }, () => t("sources.take_back")) : null),
      ),
    ),
  );
