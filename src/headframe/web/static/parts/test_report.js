// What trying a node or a pool found.
//
// Responsible for: the steps in plain words, each with what to do; how long it has been at it.
// Not responsible for: the trying itself (the server does what `headframe check` does; nothing is submitted), what happens
// then.

import { h } from "../core/dom.js";
import { has, t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { every, signal } from "../core/signals.js";
import { icon } from "./icon.js";
import { badge } from "./status.js";
import { ticked } from "./ticked.js";

const LOOKS = { ok: "ok", warn: "warn", fail: "bad" };
const PLANNED = { pool: ["connection", "user", "extranonce", "version_rolling", "job"], node: ["chain", "peers", "zmq", "template", "clock"] };

const named = (name) => (has(`test.look_${name}`) ? t(`test.look_${name}`) : said(name));

// In a long dialog on a phone it would be below what is seen.
const intoView = (element) => requestAnimationFrame(() => element.isConnected && element.scrollIntoView({ block: "nearest" }));

/** What is looked at, in this order, and for how long already: an address that does not answer takes its time. */
export function testing(kind) {
  const began = Date.now();
  const seconds = signal(0);
  every(1, () => seconds.set(Math.round((Date.now() - began) / 1000)));
  return h(
    "div",
    { ref: intoView, class: "report report-busy" },
    h("p", { role: "status" }, icon("wait", { size: 16 }), " ", t("test.busy")),
    h("p", { class: "soft" }, () => t("test.busy_for", { seconds: seconds() })),
    h("ul", { class: "report-planned" }, (PLANNED[kind] ?? []).map((name) => h("li", {}, named(name)))),
  );
}

/** {ok, steps} as the server gives it. */
export function testReport(report) {
  const places = new Set(report.steps.map((step) => step.address).filter(Boolean));
  return h(
    "div",
    { ref: intoView, class: `report report-${report.ok ? "ok" : "bad"}`, role: "status" },
    h("p", {}, h("strong", {}, () => t(report.ok ? "test.passed" : "test.failed"))),
    h("ol", {}, report.steps.map((step) => row(step, places.size > 1))),
  );
}

const row = (step, manyPlaces) =>
  h(
    "li",
    {},
    badge(LOOKS[step.state] ?? "unknown", t(`test.state_${step.state}`)),
    h(
      "div",
      {},
      h("strong", {}, named(step.name)),
      manyPlaces ? h("code", { class: "report-place" }, step.address) : null,
      h("p", {}, ticked(said(step.text))),
      step.remedy ? h("p", { class: "report-remedy" }, ticked(said(step.remedy))) : null,
    ),
  );
