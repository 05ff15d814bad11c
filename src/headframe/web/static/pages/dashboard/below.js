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

// In the order in which they are made.
const PARTS = [
  [shaftCard, "later-shaft"],
  [attention, "later-card"],
  [feed, "later-feed"],
  [charts, "later-chart"],
  [job, "later-pair"],
  [networks, "later-card"],
  [blocks, "later-card"],
];

/** As they stand on the page. Two stacks below the chart: the feed takes what the left one leaves, so that none ends in
 *  nothing. */
const stacks = ([shaftPart, attentionPart, feedPart, chartPart, jobPart, networksPart, blocksPart]) => {
  const stack = (...parts) => h("div", { class: "dashboard-stack" }, parts);
  return [shaftPart, chartPart, h("div", { class: "dashboard-pair" }, stack(attentionPart, jobPart, networksPart), stack(feedPart, blocksPart))];
};

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
  return stacks(PARTS.map(([make, room], at) => show(() => made() > at, (now) => (now ? make() : h("div", { class: `later ${room}`, "aria-hidden": "true" })))));
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
