// The first page: does it run, how fast, what does it earn or risk, what needs me, why.
//
// Responsible for: the strip at once, then what stands below it, and what visitors who have not signed in get in its place.
// Not responsible for: each part (pages/dashboard/*).

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { dashboard } from "../core/live.js";
import { can } from "../core/session.js";
import { effect, signal } from "../core/signals.js";
import { complain } from "../parts/dialog.js";
import { strip } from "./dashboard/strip.js";

export const title = () => t("core.nav_dashboard");

/** The parts of a module, loaded when `when()` and drawn in place. */
function loaded(load, when = () => true) {
  const parts = signal(null);
  let asked = false;
  effect(() => {
    if (asked || !when()) return;
    asked = true;
    // After the frame with the numbers.
    requestAnimationFrame(() => setTimeout(() => load().then((make) => parts.set(make), complain)));
  });
  return () => parts()?.();
}

export function page() {
  if (!can("view")) return loaded(() => import("./dashboard/visitors.js").then((module) => module.visitors));
  return [
    h("h1", { class: "offscreen" }, title),
    strip(),
    loaded(() => import("./dashboard/below.js").then((module) => module.below), () => dashboard() !== null),
  ];
}
