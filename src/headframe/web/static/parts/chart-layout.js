// Where everything of a chart stands.
//
// Responsible for: data, width and height to places and paths (plain values; nothing is drawn here).
// Not responsible for: drawing (parts/chart.js), ticks and paths themselves (parts/chart-scale.js).

import { difficulty } from "../core/format.js";
import { bandPath, decades, isKnown, linePath, stack, timeTicks, valueTicks } from "./chart-scale.js";

// In pixels, for type of 12 pixels; larger type needs as much more.
const TYPE = 12;
const ABOVE = 14;
const BELOW = 26;
const LETTER = 6.6;
const PER_TICK = 52; // between values on the axis
const PER_TIME = 84;

export function layout(data, width, height, format, type = TYPE) {
  const k = type / TYPE;
  const [top, bottom] = [ABOVE * k, height - BELOW * k];
  const steps = Math.max(0, ...data.lines.map((line) => line.values.length));
  const heaps = data.stacked ? stack(data.lines) : null;
  const tops = heaps ? heaps.map((heap) => heap.upper) : data.lines.map((line) => line.values);
  const highest = Math.max(data.top ?? 0, ...tops.flat().filter(isKnown));
  const values = valueTicks(highest, Math.max(2, Math.floor((bottom - top) / (PER_TICK * k))));
  const left = Math.ceil(Math.max(...values.map((value) => format(value).length)) * LETTER * k) + 12 * k;
  const right = width - rightOf(data.dots ?? [], (bottom - top) / (PER_TICK * k)) * k;
  const perStep = (right - left) / Math.max(1, steps);
  const x = Array.from({ length: steps }, (_, at) => left + (at + 0.5) * perStep);
  const y = (value) => bottom - (value / (values.at(-1) || 1)) * (bottom - top);
  const atTime = (seconds) => left + ((seconds - data.from_s) / data.step_s) * perStep;
  const end = data.from_s + steps * data.step_s;
  const inside = (one) => one.time_s >= data.from_s && one.time_s <= end;
  const shapes = data.lines.map((line, place) => shapeOf(line, heaps?.[place], x, y, bottom, data.running));
  return {
    width, left, right, top, bottom, perStep, x, shapes, k,
    ys: values.map((value) => ({ value, y: y(value) })),
    xs: timeTicks(data.from_s, end, Math.max(2, Math.floor((right - left) / (PER_TIME * k))))
      .map((tick) => ({ ...tick, x: atTime(tick.time_s) }))
      .filter((tick) => tick.x > left + 14 * k && tick.x < width - 22 * k),
    marks: (data.marks ?? []).filter(inside).map((mark, at) => markOf(mark, at, atTime(mark.time_s), top, bottom)),
    ...dotsOf((data.dots ?? []).filter(inside), atTime, top, bottom, PER_TICK * k),
  };
}

/** At the right: what the dots' own axis needs. */
function rightOf(dots, most) {
  if (!dots.length) return 10;
  const ticks = decades(dots.map((dot) => dot.value), most).ticks;
  return Math.max(...ticks.map((value) => difficulty(value).length)) * LETTER + 12;
}

function shapeOf(line, heap, x, y, bottom, running) {
  const place = (value) => (isKnown(value) ? y(value) : null);
  const ys = x.map((_, at) => place((heap?.upper ?? line.values)[at]));
  // A band without width has no edge of its own: it would hide that of the band below it.
  const edge = heap ? ys.map((y, at) => (line.values[at] > 0 ? y : null)) : ys;
  const base = heap ? heap.lower.map((value) => (value === null ? null : y(value))) : x.map(() => bottom);
  const filled = Boolean(heap || line.area);
  const whole = running ? x.length - 1 : x.length; // the last step still runs
  const tail = running && x.length > 1 ? [x.length - 2, x.length] : [0, 0];
  return {
    key: line.key, color: line.color, dashed: line.dashed, stacked: Boolean(heap), ys: edge,
    line: linePath(x, edge, 0, whole),
    running: running ? linePath(x, edge, ...tail) : "",
    area: filled ? bandPath(x, ys, base, 0, whole) : "",
    runningArea: filled && running ? bandPath(x, ys, base, ...tail) : "",
  };
}

function dotsOf(dots, atTime, top, bottom, apart) {
  if (!dots.length) return { dots: [], decades: [] };
  const scale = decades(dots.map((dot) => dot.value), (bottom - top) / apart);
  const y = (value) => bottom - ((Math.log10(value) - scale.low) / (scale.high - scale.low)) * (bottom - top);
  const most = dots.reduce((best, dot) => (dot.value > best.value ? dot : best));
  return {
    dots: dots.map((dot) => ({ ...dot, x: atTime(dot.time_s), y: y(dot.value), most: dot === most })),
    decades: scale.ticks.map((value) => ({ value, y: y(value) })),
  };
}

// A block stands on a line through the whole drawing, a move is a notch at its foot.
function markOf(mark, at, x, top, bottom) {
  const block = mark.kind === "block";
  const from = mark.kind === "move" ? bottom - 7 : top;
  const glyph = block ? `M${x} ${Math.max(0, top - 12)}l6 3.4v6.8l-6 3.4l-6 -3.4v-6.8z` : "";
  return { ...mark, key: `${mark.kind}${mark.time_s}-${at}`, x, from, to: bottom, glyph };
}
