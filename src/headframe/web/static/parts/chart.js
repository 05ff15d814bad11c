// Values over time.
//
// Responsible for: the drawing of lines, bands, dots and marks over time; the crosshair; the same as a table.
// Not responsible for: asking for the values (pages), which range (parts/ranges.js), arithmetic (parts/chart-scale.js).
//
//   chart({ label, data, format, height, empty, type, plain })
//     label   () => what it shows, for screen readers and as the table's caption
//     data    () => Data, or null while it is not known; changes in place
//     format  (value) => text of a value; core/format.js's hashrate if left out
//     height  of the drawing in CSS pixels (default 280) or a function; the width is that of its box
//     empty   () => text (or node) where nothing at all is known
//     type    size of its letters in CSS pixels, or a function (default: smaller than the text around it)
//     plain   true: no table, no crosshair (walls)
//   Data = {
//     from_s, step_s          Unix seconds of the first step; seconds of a step
//     lines: [{ key, name, color, values: [number | null], area?: true, dashed?: true }]   null is a gap, never 0
//     stacked?: true          lines are bands on top of each other (null counts as nothing there)
//     running?: true          the last step still runs: drawn lighter
//     top?: number            the axis goes at least up to this (1 for shares of a whole)
//     dots?: [{ time_s, value, name, text? }]       on a log axis of their own at the right; text: what the crosshair says
//     marks?: [{ time_s, kind: "block" | "move" | "note", text }]
//     says?: text             over the drawing, as that there was nothing in all this time
//     note?: (at) => text     (or texts) more of the step `at` in the crosshair, as what the value was measured from
//   }
//   hashrateData(series, { bands = false, color, name })   HashrateSeries (GET hashrate) -> Data, with best shares, blocks and moves

import { each, h, svg } from "../core/dom.js";
import { difficulty as asDifficulty, hashrate, time } from "../core/format.js";
import { t } from "../core/i18n.js";
import { computed, onEnd, signal } from "../core/signals.js";
import { layout } from "./chart-layout.js";
import { table } from "./chart-table.js";
import { said } from "./chart-words.js";

export { fromShares, hashrateData } from "./chart-data.js";

const TICKS = {
  time: { hour: "numeric", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "2-digit" },
};
const color = (line) => ({ "--c": line.color });

/** 12 pixels where the page has 15, and more on a wall. */
const small = () => Math.round(0.8 * parseFloat(getComputedStyle(document.documentElement).fontSize));

export function chart({ label, data, format = hashrate, height = 280, empty = null, type = small(), plain = false }) {
  const width = signal(0);
  const at = signal(null); // the step under the crosshair
  const high = typeof height === "function" ? height : () => height;
  const letters = typeof type === "function" ? type : () => type;
  const now = computed(data);
  const plan = computed(() => (now() && width() ? layout(now(), width(), high(), format, letters()) : null));
  const known = () => now()?.lines.some((line) => line.values.some((value) => value !== null)) ?? false;
  const steps = () => now()?.lines[0]?.values.length ?? 0;
  const point = () => (at() === null || !plan() ? null : Math.min(at(), steps() - 1));

  const drawing = svg(
    "svg",
    { class: "chart-drawing", "aria-hidden": "true", width: () => width() || 1, height: high },
    svg("g", { class: "chart-grid" }, each(() => plan()?.ys, (tick) => tick.value, (tick) => axisY(tick, plan, format))),
    svg("g", { class: "chart-times" }, each(() => plan()?.xs, (tick) => tick.time_s, (tick) => axisX(tick, plan))),
    svg("g", { class: "chart-decades" }, each(() => plan()?.decades, (tick) => tick.value, (tick) => axisDots(tick, plan))),
    svg("g", { class: "chart-lines" }, each(() => plan()?.shapes, (shape) => shape.key, lines)),
    svg("g", { class: "chart-dots" }, each(() => plan()?.dots, (dot) => dot.time_s, dots)),
    svg("g", { class: "chart-marks" }, each(() => plan()?.marks, (mark) => mark.key, marks)),
    svg("line", { class: "chart-cross", "data-on": () => (point() === null ? null : "yes"), x1: cross, x2: cross, y1: () => plan()?.top, y2: () => plan()?.bottom }),
    svg("g", { class: "chart-points" }, each(() => points(), (dot) => dot.key, (dot) => svg("circle", { r: 4, cx: () => dot().x, cy: () => dot().y, style: () => ({ "--c": dot().color }) }))),
  );
  function cross() {
    return point() === null ? 0 : plan().x[point()];
  }
  function points() {
    if (point() === null) return [];
    return plan().shapes.filter((shape) => shape.ys[point()] !== null && shape.ys[point()] !== undefined).map((shape) => ({ key: shape.key, color: shape.color, x: plan().x[point()], y: shape.ys[point()] }));
  }

  const move = (event) => {
    const plain = plan.peek();
    if (!plain) return;
    const x = event.clientX - box.getBoundingClientRect().left;
    at.set(Math.max(0, Math.min(steps() - 1, Math.floor((x - plain.left) / plain.perStep))));
  };
  const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity };
  const key = (event) => {
    if (event.key === "Escape") return at.set(null);
    if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    event.preventDefault();
    return at.set(Math.max(0, Math.min(steps() - 1, (at.peek() ?? steps() - 1) + KEYS[event.key])));
  };

  const spoken = {
    role: "slider",
    tabindex: "0",
    "aria-label": () => t("core.chart_slider", { what: label() }),
    "aria-valuemin": "0",
    "aria-valuemax": () => String(Math.max(0, steps() - 1)),
    "aria-valuenow": () => String(point() ?? Math.max(0, steps() - 1)),
    "aria-valuetext": () => (steps() && plan() ? said(now(), point() ?? steps() - 1, format).flat().join(", ") : t("core.unknown")),
    onpointermove: move,
    onpointerdown: move,
    onpointerleave: () => at.set(null),
    onblur: () => at.set(null),
    onkeydown: key,
  };
  const box = h(
    "div",
    { class: "chart-box", style: () => ({ height: `${high()}px`, "--type": `${letters()}px` }), ...(plain ? {} : spoken) },
    drawing,
    () => (now() && (now().says || !known()) ? h("div", { class: "chart-nothing" }, now().says || (empty ? empty() : t("core.chart_nothing"))) : null),
    h(
      "div",
      { class: () => ["chart-says", point() === null && "chart-says-not"], "aria-hidden": "true", style: () => beside(plan(), point()) },
      () => (point() === null ? null : said(now(), point(), format).map((words, place) => h(place ? "div" : "strong", {}, [words].flat().map((word) => h("span", {}, word))))),
    ),
  );
  const watch = new ResizeObserver(([entry]) => width.set(Math.floor(entry.contentRect.width)));
  watch.observe(box);
  onEnd(() => watch.disconnect());
  return h("figure", { class: "chart", "aria-label": label }, box, legend(now), plain ? null : table(label, now, format));
}

function beside(plan, point) {
  if (!plan || point === null) return {};
  const right = plan.x[point] > plan.width / 2;
  return { left: right ? "auto" : `${plan.x[point] + 14}px`, right: right ? `${plan.width - plan.x[point] + 14}px` : "auto" };
}

const axisY = (tick, plan, format) =>
  svg(
    "g",
    {},
    svg("line", { x1: () => plan()?.left, x2: () => plan()?.right, y1: () => tick().y, y2: () => tick().y }),
    svg("text", { x: () => (plan()?.left ?? 0) - 8 * (plan()?.k ?? 1), y: () => tick().y, dy: "0.32em", "text-anchor": "end" }, () => (tick().value === 0 ? "0" : format(tick().value))),
  );

const axisX = (tick, plan) =>
  svg("text", { x: () => tick().x, y: () => (plan()?.bottom ?? 0) + 18 * (plan()?.k ?? 1), "text-anchor": "middle" }, () => time(tick().time_s * 1000, TICKS[tick().unit]));

const axisDots = (tick, plan) =>
  svg("text", { x: () => (plan()?.right ?? 0) + 8, y: () => tick().y, dy: "0.32em" }, () => asDifficulty(tick().value));

const lines = (shape) =>
  svg(
    "g",
    { style: () => color(shape()), class: () => ["chart-line", shape().dashed && "chart-dashed", shape().stacked && "chart-band"] },
    svg("path", { class: "chart-area", d: () => shape().area }),
    svg("path", { class: "chart-area chart-running", d: () => shape().runningArea }),
    svg("path", { class: "chart-stroke", d: () => shape().line }),
    svg("path", { class: "chart-stroke chart-running", d: () => shape().running }),
  );

const dots = (dot) =>
  svg("circle", { r: () => (dot().most ? 5 : 3), cx: () => dot().x, cy: () => dot().y, class: () => (dot().most ? "chart-most" : "") }, svg("title", {}, () => dot().text ?? dot().name));

const marks = (mark) =>
  svg(
    "g",
    { class: () => `chart-mark chart-mark-${mark().kind}` },
    svg("line", { x1: () => mark().x, x2: () => mark().x, y1: () => mark().from, y2: () => mark().to }),
    svg("path", { d: () => mark().glyph }),
    svg("title", {}, () => mark().text),
  );

function legend(now) {
  const entries = () => (now()?.lines.length > 1 ? now().lines : []);
  return h(
    "figcaption",
    { class: "chart-legend" },
    each(entries, (line) => line.key, (line) => h("span", { class: "chart-key", style: () => color(line()) }, () => line().name)),
    () => (now()?.dots?.length ? h("span", { class: "chart-key chart-key-dot" }, t("core.chart_dots")) : null),
    () => (now()?.marks?.some((mark) => mark.kind === "block") ? h("span", { class: "chart-key chart-key-block" }, t("core.chart_blocks")) : null),
    () => (now()?.marks?.some((mark) => mark.kind === "move") ? h("span", { class: "chart-key chart-key-move" }, t("core.chart_move_marks")) : null),
  );
}
