// What a test found.
//
// Responsible for: the steps of a test of a node or pool, each with what to do. Also used where sources are tested later.
// Not responsible for: testing (the server).

import { badge } from "../../parts/status.js";
import { h } from "../../core/dom.js";
import { has, t } from "../../core/i18n.js";
import { said } from "../../core/said.js";

const KINDS = { ok: "ok", warn: "warn", fail: "bad" };

const named = (name) => (has(`setup.test_${name}`) ? t(`setup.test_${name}`) : name);

// In a long dialog on a phone it would be below what is seen.
const intoView = (element) => requestAnimationFrame(() => element.isConnected && element.scrollIntoView({ block: "nearest" }));

export const testReport = (report) =>
  h(
    "div",
    { ref: intoView, class: `report report-${report.ok ? "ok" : "bad"}`, role: "status" },
    h("p", {}, h("strong", {}, () => t(report.ok ? "setup.test_passed" : "setup.test_failed"))),
    h(
      "ul",
      {},
      report.steps.map((step) =>
        h(
          "li",
          {},
          badge(KINDS[step.state] ?? "unknown", t(`setup.state_${step.state}`)),
          h("div", {}, h("strong", {}, named(step.name)), h("p", {}, said(step.text)), step.remedy ? h("p", { class: "report-remedy" }, said(step.remedy)) : null),
        ),
      ),
    ),
  );
