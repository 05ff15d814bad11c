// A QR code on the page.
//
// Responsible for: drawing a code that is made here, dark on light whatever the colours of the page are.
// Not responsible for: the code itself (parts/qr_code.js).

import { svg } from "../core/dom.js";
import { qrCode } from "./qr_code.js";

const QUIET = 4; // light modules around it, as readers want them

/** `label` is read out in its place. */
export function qr(text, { label, size = 200 }) {
  const rows = qrCode(text);
  const whole = rows.length + 2 * QUIET;
  const dark = rows.flatMap((row, y) => row.map((each, x) => (each ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));
  return svg(
    "svg",
    { class: "qr", viewBox: `0 0 ${whole} ${whole}`, width: size, height: size, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svg("rect", { width: whole, height: whole, fill: "#fff" }),
    svg("path", { d: dark.join(""), fill: "#000" }),
  );
}
