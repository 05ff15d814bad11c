// What a chart says of one step.
//
// Responsible for: its time, values and what happened in it, as words for the crosshair, screen readers and the table.
// Not responsible for: showing them (parts/chart.js, parts/chart-table.js).

import { difficulty, time } from "../core/format.js";
import { t } from "../core/i18n.js";

/** When a step is, in words: its two ends, or its day. */
export function stepTime(data, at) {
  const [from, to] = [data.from_s + at * data.step_s, data.from_s + (at + 1) * data.step_s];
  if (data.step_s >= 86400) return time(from * 1000, { dateStyle: "medium" });
  const begin = time(from * 1000, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return `${begin} – ${time(to * 1000, { hour: "2-digit", minute: "2-digit" })}`;
}

/** What is known of a step besides its values: what they were measured from, best shares, blocks, moves. */
export function happened(data, at) {
  const [from, to] = [data.from_s + at * data.step_s, data.from_s + (at + 1) * data.step_s];
  const within = (one) => one.time_s >= from && one.time_s < to;
  const notes = [data.note?.(at) ?? []].flat().filter(Boolean);
  const running = data.running && at === data.lines[0].values.length - 1 ? [t("core.chart_running")] : [];
  const dots = (data.dots ?? []).filter(within).map((dot) => dot.text ?? `${dot.name} ${difficulty(dot.value)}`);
  return [...notes, ...running, ...dots, ...(data.marks ?? []).filter(within).map((mark) => mark.text)];
}

/** All that is known of a step: texts, and [name, value] of each line. */
export const said = (data, at, format) => [
  stepTime(data, at),
  ...data.lines.map((line) => [line.name, format(line.values[at] ?? null)]),
  ...happened(data, at),
];
