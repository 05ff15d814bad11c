// What stands below the strip.
//
// Responsible for: the order of the parts, and that they are made one after the other, so that the first numbers are there
// at once and a slow device never stands still for long.
// Not responsible for: each part.

import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { dashboard, shaft as liveShaft } from "../../core/live.js";
import { onEnd, signal } from "../../core/signals.js";
import { shaft } from "../../parts/shaft.js";
import { attention } from "./attention.js";
import { blocks } from "./blocks.js";
import { charts } from "./charts.js";
import { feed } from "./feed.js";
import { firstShaft } from "./first.js";
import { job } from "./job.js";
import { networks } from "./networks.js";
import { start } from "./start.js";

const pair = (...parts) => h("div", { class: "dashboard-pair" }, parts);

const PARTS = [
  [shaftCard, "later-shaft"],
  [() => pair(attention(), feed()), "later-pair"],
  [charts, "later-chart"],
  [() => pair(job(), h("div", { class: "dashboard-stack" }, networks(), blocks())), "later-pair"],
];
const ORDER = [0, 2, 1, 3]; // as they stand on the page

export function below() {
  firstShaft();
  const made = signal(0);
  let ended = false;
  const next = () => {
    if (ended || made.peek() === PARTS.length) return;
    made.set(made.peek() + 1);
    // After the frame that shows what was just made.
    requestAnimationFrame(() => setTimeout(next));
  };
  next();
  onEnd(() => {
    ended = true;
  });
  return ORDER.map((at) => {
    const [make, room] = PARTS[at];
    return show(() => made() > at, (now) => (now ? make() : h("div", { class: `later ${room}`, "aria-hidden": "true" })));
  });
}

function shaftCard() {
  // Nobody was ever here and nobody is: then the picture would be empty, and what helps is how to begin.
  const nobody = () => {
    const known = dashboard()?.miners;
    return Boolean(known) && Object.values(known).every((count) => count === 0) && !liveShaft()?.flows.length;
  };
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("dashboard.shaft")), h("a", { href: "/sources" }, () => t("core.nav_sources"))),
    show(nobody, (now) => (now ? start() : shaft())),
  );
}
