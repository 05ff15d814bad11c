// The arithmetic of charts.
//
// Responsible for: ticks of values, of time and of decades; paths of lines and bands. Pure: no page, no words.
// Not responsible for: drawing (parts/chart.js).

/** From 0 up to at least `top` in about `count` round steps: [0, …, last]; [0] alone when nothing is above it. */
export function valueTicks(top, count) {
  if (!(top > 0)) return [0];
  const raw = top / Math.max(1, count);
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * size).find((each) => each >= raw * 0.999);
  const ticks = [0];
  while (ticks.at(-1) < top * 0.999) ticks.push(ticks.length * step);
  return ticks;
}

/** {low, high, ticks} of whole decades around these values, so that log10 maps them; ticks at most `count`. */
export function decades(values, count) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  let low = Math.floor(Math.log10(Math.max(least, 1e-15)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(most, 1e-15)) + 0.02));
  if (high - low < 2) low = high - 2;
  const every = Math.max(1, Math.ceil((high - low) / Math.max(1, count)));
  const ticks = [];
  for (let at = low; at <= high; at += every) ticks.push(10 ** at);
  return { low, high, ticks };
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const STEPS = [
  ...[1, 5, 10, 15, 30].map((each) => each * MINUTE),
  ...[1, 2, 3, 6, 12].map((each) => each * HOUR),
  ...[1, 2, 7, 14].map((each) => each * DAY),
];

/** Round local times between two Unix seconds, at most `count`: [{time_s, unit: "time" | "day" | "month"}]. */
export function timeTicks(from, to, count) {
  const step = STEPS.find((each) => (to - from) / each <= count);
  if (step === undefined) return monthTicks(from, to, count);
  const ticks = [];
  const zone = (time) => new Date(time * 1000).getTimezoneOffset() * MINUTE;
  let time = Math.ceil((from - zone(from)) / step) * step + zone(from);
  for (; time <= to; time += step) {
    // Local hours stay round when the clocks change in between.
    const shifted = time + zone(time) - zone(from);
    const local = shifted - zone(shifted);
    ticks.push({ time_s: shifted, unit: step >= DAY || local % DAY === 0 ? "day" : "time" });
  }
  return ticks;
}

function monthTicks(from, to, count) {
  const begin = new Date(from * 1000);
  const months = Math.max(1, Math.ceil((to - from) / (30 * DAY) / Math.max(1, count)));
  const ticks = [];
  for (let at = 1; ; at++) {
    const month = new Date(begin.getFullYear(), begin.getMonth() + at, 1);
    if (month.getTime() / 1000 > to) return ticks;
    if (month.getMonth() % months === 0) ticks.push({ time_s: month.getTime() / 1000, unit: "month" });
  }
}

const fixed = (value) => Math.round(value * 10) / 10;
const LONE = 3; // half the width of a value whose neighbours are unknown

/** A line through points [x, y], broken where y is null; `from`..`to` (exclusive) of them. */
export function linePath(xs, ys, from = 0, to = xs.length) {
  let path = "";
  for (let at = from; at < to; at++) {
    if (ys[at] === null) continue;
    const before = at > from && ys[at - 1] !== null;
    const after = at + 1 < to && ys[at + 1] !== null;
    if (before) path += `L${fixed(xs[at])} ${fixed(ys[at])}`;
    else if (after) path += `M${fixed(xs[at])} ${fixed(ys[at])}`;
    else path += `M${fixed(xs[at] - LONE)} ${fixed(ys[at])}h${2 * LONE}`;
  }
  return path;
}

/** What lies between two lines, broken where the upper one is null. */
export function bandPath(xs, upper, lower, from = 0, to = xs.length) {
  let path = "";
  let begin = -1;
  for (let at = from; at <= to; at++) {
    const known = at < to && upper[at] !== null;
    if (known && begin < 0) begin = at;
    if (known || begin < 0) continue;
    const ends = at - begin === 1 ? [xs[begin] - LONE, xs[begin] + LONE] : null;
    const edge = (ys, order) => order.map((each, i) => `${fixed(ends ? ends[i] : xs[each])} ${fixed(ys[each] ?? upper[each])}`);
    const order = ends ? [begin, begin] : Array.from({ length: at - begin }, (_, i) => begin + i);
    const back = edge(lower, order).reverse();
    path += `M${edge(upper, order).join("L")}L${back.join("L")}Z`;
    begin = -1;
  }
  return path;
}

/** Each line's lower and upper values when they stand on each other; null where none of them is known. */
export function stack(lines) {
  const length = Math.max(0, ...lines.map((each) => each.values.length));
  const sums = Array.from({ length }, (_, at) => (lines.some((each) => isKnown(each.values[at])) ? 0 : null));
  return lines.map((line) => {
    const lower = sums.slice();
    for (let at = 0; at < length; at++) if (sums[at] !== null) sums[at] += line.values[at] ?? 0;
    return { lower, upper: sums.slice() };
  });
}

export const isKnown = (value) => value !== null && value !== undefined && !Number.isNaN(value);
