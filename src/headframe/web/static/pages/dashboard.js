// The first page: does it run, how fast, what does it earn or risk, what needs me, why.
//
// Responsible for: the order of its parts, and what visitors who have not signed in get in its place.
// Not responsible for: each part (pages/dashboard/*).

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { dashboard, shaft as liveShaft } from "../core/live.js";
import { can } from "../core/session.js";
import { shaft } from "../parts/shaft.js";
import { attention } from "./dashboard/attention.js";
import { blocks } from "./dashboard/blocks.js";
import { charts } from "./dashboard/charts.js";
import { feed } from "./dashboard/feed.js";
import { firstLook, firstShaft } from "./dashboard/first.js";
import { job } from "./dashboard/job.js";
import { networks } from "./dashboard/networks.js";
import { start } from "./dashboard/start.js";
import { strip } from "./dashboard/strip.js";
import { visitors } from "./dashboard/visitors.js";

export const title = () => t("core.nav_dashboard");

export function page() {
  firstLook();
  if (!can("view")) return visitors();
  firstShaft();
  // Nobody was ever here and nobody is: then the picture would be empty, and what helps is how to begin.
  const nobody = () => {
    const known = dashboard()?.miners;
    return Boolean(known) && Object.values(known).every((count) => count === 0) && !liveShaft()?.flows.length;
  };
  return [
    h("h1", { class: "offscreen" }, title),
    strip(),
    h("section", { class: "card" }, h("header", {}, h("h2", {}, () => t("dashboard.shaft")), h("a", { href: "/sources" }, () => t("core.nav_sources"))), shaftOrStart(nobody)),
    charts(),
    h("div", { class: "dashboard-pair" }, attention(), feed()),
    h("div", { class: "dashboard-pair" }, job(), h("div", { class: "dashboard-stack" }, networks(), blocks())),
  ];
}

// Both are made once and one is hidden, so that the picture is there at once when the first miner comes.
function shaftOrStart(nobody) {
  const made = { start: null };
  return [
    h("div", { hidden: nobody }, shaft()),
    () => {
      if (!nobody()) return null;
      made.start ??= start();
      return made.start;
    },
  ];
}
