// A small line without axes.
//
// Responsible for: the shape of some values beside a number, with gaps where a value is unknown.
// Not responsible for: exact reading (parts/chart.js); the number beside it.
//
//   sparkline(values, { label, width = 120, height = 32, color })
//     values  () => [number | null, …] or null while unknown; changes in place
//     label   () => text for screen readers; without it the line is decoration ("aria-hidden")
//     width, height  of its box in CSS pixels; CSS may stretch it (class "sparkline")
//     color   a CSS colour, or a function of none; the accent if left out

import { h, svg } from "../core/dom.js";

const PAD = 2;

/** Subpaths of the known values, from 0 up to the highest; also used by tests. */
export function sparkPath(values, width, height) {
  const top = Math.max(0, ...values.filter((each) => each !== null && each !== undefined));
  if (!(top > 0) || values.length < 2) return { line: "", area: "" };
  const x = (at) => PAD + (at * (width - 2 * PAD)) / (values.length - 1);
  const y = (value) => height - PAD - (value / top) * (height - 2 * PAD);
  let [line, area, begun] = ["", "", -1];
  for (let at = 0; at <= values.length; at++) {
    const value = values[at];
    const known = at < values.length && value !== null && value !== undefined;
    if (known) {
      const point = `${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      line += `${begun < 0 ? "M" : "L"}${point}`;
      area += begun < 0 ? `M${x(at).toFixed(1)} ${height}L${point}` : `L${point}`;
      if (begun < 0) begun = at;
    } else if (begun >= 0) {
      if (at - begun === 1) line += "h1.5"; // one alone would not be seen
      area += `L${x(at - 1).toFixed(1)} ${height}Z`;
      begun = -1;
    }
  }
  return { line, area };
}

export function sparkline(values, { label = null, width = 120, height = 32, color = "var(--accent)" } = {}) {
  let shape = { line: "", area: "" };
  const path = (which) => () => {
    const now = values();
    shape = now ? sparkPath(now, width, height) : { line: "", area: "" };
    return shape[which];
  };
  const strokes = { "--spark": color };
  return h(
    "span",
    { class: "sparkline", style: typeof color === "function" ? () => ({ "--spark": color() }) : strokes },
    svg(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        preserveAspectRatio: "none",
        role: label ? "img" : null,
        "aria-label": label,
        "aria-hidden": label ? null : "true",
      },
      svg("path", { class: "spark-area", d: path("area") }),
      svg("path", { class: "spark-line", d: path("line"), "vector-effect": "non-scaling-stroke" }),
    ),
  );
}
