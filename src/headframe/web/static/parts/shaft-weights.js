// The bar of wanted shares beside the shaft.
//
// Responsible for: the bar, boundaries that are dragged or moved by keys.
// Not responsible for: what comes of it (pages/sources.js previews and applies).

import { each, h } from "../core/dom.js";
import { percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { computed } from "../core/signals.js";
import { sourceColor } from "./chart-colors.js";
import { boundaries } from "./shaft-layout.js";

const APART = 18; // pixels between two grips
const KEYS = { ArrowUp: 0.01, ArrowRight: 0.01, ArrowDown: -0.01, ArrowLeft: -0.01, PageUp: 0.05, PageDown: -0.05 };
const round = (share) => Math.round(share * 100) / 100;

export function weights({ shares, onweight, height }) {
  const names = () => Object.keys(shares());
  const values = () => Object.values(shares());
  const places = computed(() => boundaries(values(), height(), APART));
  const parts = () => {
    const ends = [0, ...places().exact, height()];
    return names().map((name, at) => ({ name, share: values()[at], y: ends[at], high: ends[at + 1] - ends[at] }));
  };
  const pairs = () => names().slice(1).map((lower, at) => ({ upper: names()[at], lower, at }));

  // A boundary between two: what the lower one gets, the upper one gives. Moving it up gives more to the lower.
  function give(pair, wanted) {
    const now = shares();
    const sum = now[pair.upper] + now[pair.lower];
    const lower = Math.min(sum, Math.max(0, round(wanted)));
    if (Math.abs(lower - now[pair.lower]) < 1e-9) return;
    onweight(pair.lower, lower, pair.upper, round(sum - lower));
  }
  function grip(pair) {
    let from = null;
    const begin = (event) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      from = { y: event.clientY, share: shares()[pair().lower] };
    };
    const move = (event) => {
      if (from) give(pair(), from.share - (event.clientY - from.y) / height());
    };
    const end = () => {
      from = null;
    };
    const key = (event) => {
      const now = shares();
      const step = KEYS[event.key] ?? { Home: -1, End: 1 }[event.key];
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      give(pair(), now[pair().lower] + step);
    };
    const share = () => shares()[pair().lower] ?? 0;
    return h("button", {
      type: "button",
      class: "shaft-grip",
      role: "slider",
      "aria-orientation": "vertical",
      "aria-label": () => t("core.shaft_grip", { lower: pair().lower, upper: pair().upper }),
      "aria-valuemin": "0",
      "aria-valuemax": () => String(Math.round(((shares()[pair().upper] ?? 0) + share()) * 100)),
      "aria-valuenow": () => String(Math.round(share() * 100)),
      "aria-valuetext": () => t("core.shaft_grip_says", { lower: pair().lower, share: percent(share(), 0), upper: pair().upper, rest: percent(shares()[pair().upper], 0) }),
      style: () => ({ "--y": `${places().places[pair().at] ?? 0}px` }),
      onpointerdown: begin,
      onpointermove: move,
      onpointerup: end,
      onpointercancel: end,
      onkeydown: key,
    });
  }
  return h(
    "div",
    { class: "shaft-wanted", role: "group", "aria-label": () => t("core.shaft_wanted") },
    each(parts, (one) => one.name, (one) =>
      h(
        "div",
        { class: "shaft-want", style: () => ({ "--c": sourceColor(one().name), "--y": `${one().y}px`, "--high": `${one().high}px` }), title: () => one().name },
        () => (one().high > 15 ? percent(one().share, 0) : ""),
      )),
    each(pairs, (pair) => pair.lower, grip),
  );
}
