// The bar of wanted shares beside the shaft.
//
// Responsible for: the bar, boundaries that are dragged or moved by keys; upright beside the picture, lying in narrow boxes.
// Not responsible for: what comes of it (pages/sources.js previews and applies), which of the two it is (CSS gives the room).

import { each, h } from "../core/dom.js";
import { percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { computed, onEnd, signal } from "../core/signals.js";
import { sourceColor } from "./chart-colors.js";
import { boundaries, percents } from "./shaft-layout.js";

const APART = 24; // pixels between two grips: as much as a finger needs
const ROOM = { false: 15, true: 38 }; // pixels that a share in percent takes, upright and lying
const LETTER = 8;
const KEYS = { ArrowUp: 0.01, ArrowRight: 0.01, ArrowDown: -0.01, ArrowLeft: -0.01, PageUp: 0.05, PageDown: -0.05 };
const round = (share) => Math.round(share * 100) / 100;

export function weights({ shares, onweight, height }) {
  const room = signal({ wide: 0, high: 1 });
  const lies = computed(() => room().wide > room().high);
  const length = () => (lies() ? room().wide : height());
  const names = () => Object.keys(shares());
  const values = () => Object.values(shares());
  const places = computed(() => boundaries(values(), length(), APART));
  const parts = () => {
    const ends = [0, ...places().exact, length()];
    const said = percents(values());
    return names().map((name, at) => ({ name, said: said[at], at: ends[at], long: ends[at + 1] - ends[at] }));
  };
  const pairs = () => names().slice(1).map((after, at) => ({ before: names()[at], after, at }));

  const grip = (pair) => {
    // Upwards and to the right is more: for the one below a boundary when upright, for the one left of it when lying.
    const mine = () => (lies() ? pair().before : pair().after);
    const other = () => (lies() ? pair().after : pair().before);
    const share = () => shares()[mine()] ?? 0;
    const rest = () => shares()[other()] ?? 0;
    const give = (wanted) => {
      const sum = share() + rest();
      const next = Math.min(sum, Math.max(0, round(wanted)));
      if (Math.abs(next - share()) < 1e-9) return;
      onweight(mine(), next, other(), round(sum - next));
    };
    let from = null;
    const begin = (event) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, share: share() };
    };
    const move = (event) => {
      if (from) give(from.share + (lies() ? event.clientX - from.x : from.y - event.clientY) / length());
    };
    const end = () => {
      from = null;
    };
    const key = (event) => {
      const step = KEYS[event.key] ?? { Home: -1, End: 1 }[event.key];
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      give(share() + step);
    };
    return h("button", {
      type: "button",
      class: "shaft-grip",
      role: "slider",
      "aria-orientation": () => (lies() ? "horizontal" : "vertical"),
      "aria-label": () => t("core.shaft_grip", { lower: mine(), upper: other() }),
      "aria-valuemin": "0",
      "aria-valuemax": () => String(Math.round((share() + rest()) * 100)),
      "aria-valuenow": () => String(Math.round(share() * 100)),
      "aria-valuetext": () => t("core.shaft_grip_says", { lower: mine(), share: percent(share(), 0), upper: other(), rest: percent(rest(), 0) }),
      style: () => ({ "--at": `${places().places[pair().at] ?? 0}px` }),
      onpointerdown: begin,
      onpointermove: move,
      onpointerup: end,
      onpointercancel: end,
      onkeydown: key,
    });
  };
  const words = (one) => {
    if (one.long <= ROOM[lies()]) return "";
    const named = lies() && one.long > ROOM[true] + LETTER * one.name.length;
    return [named ? h("bdi", {}, one.name) : null, h("span", {}, percent(one.said, 0))];
  };
  const bar = h(
    "div",
    { class: () => ["shaft-wanted", lies() && "shaft-wanted-lies"], role: "group", "aria-label": () => t("core.shaft_wanted") },
    each(parts, (one) => one.name, (one) =>
      h("div", { class: "shaft-want", style: () => ({ "--c": sourceColor(one().name), "--at": `${one().at}px`, "--long": `${one().long}px` }), title: () => one().name }, () => words(one()))),
    each(pairs, (pair) => pair.after, grip),
  );
  const watch = new ResizeObserver(([{ contentRect }]) => room.set({ wide: Math.round(contentRect.width), high: Math.round(contentRect.height) }));
  watch.observe(bar);
  onEnd(() => watch.disconnect());
  return bar;
}
