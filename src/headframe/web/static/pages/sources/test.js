// Trying a source.
//
// Responsible for: asking the server to try settings, the steps with what to do about each.
// Not responsible for: the trying itself (the server does what `headframe check` does; nothing is submitted).

import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { said, saidBoth } from "../../core/said.js";
import { signal } from "../../core/signals.js";
import { dialog, trouble } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { badge } from "../../parts/status.js";

const LOOKS = { ok: "ok", warn: "warn", fail: "bad" };

/** {node, run(values)}: the steps of the last try. */
export function tester(name = "") {
  const busy = signal(false);
  const report = signal(null);
  const error = signal(null);
  let turn = 0;
  async function run(values) {
    const mine = ++turn;
    busy.set(true);
    error.set(null);
    try {
      const found = await api.post("sources/test", name ? { name, values } : { values });
      if (mine === turn) report.set(found);
    } catch (refused) {
      if (mine === turn) error.set(refused);
    } finally {
      if (mine === turn) busy.set(false);
    }
  }
  const node = h("div", { class: "test", role: "status", "aria-busy": () => String(busy()) }, () => {
    if (busy()) return h("p", { class: "soft test-busy" }, icon("wait", { size: 16 }), t("sources.test_busy"));
    if (error()) {
      const { text, remedy } = trouble(error());
      return h("div", { class: "refusal" }, icon("bad"), h("div", {}, h("strong", {}, text), remedy ? h("p", {}, remedy) : null, error().problems.map((one) => h("p", {}, saidBoth(one)))));
    }
    const now = report();
    if (!now) return null;
    return [
      h("p", {}, badge(now.ok ? "ok" : "bad", t(now.ok ? "sources.test_ok" : "sources.test_failed"))),
      h(
        "ol",
        { class: "steps" },
        now.steps.map((step) => h("li", { class: `step step-${step.state}` }, badge(LOOKS[step.state] ?? "unknown", t(`sources.step_${step.state}`)), h("div", {}, h("strong", {}, said(step.name)), h("p", {}, said(step.text)), step.remedy ? h("p", { class: "soft" }, said(step.remedy)) : null))),
      ),
    ];
  });
  return { node, run, busy };
}

export function testSource(source) {
  return dialog(t("sources.test_title", { name: source.name }), () => {
    const { node, run, busy } = tester(source.name);
    run({});
    return [h("p", { class: "soft" }, t("sources.test_says")), node, h("div", { class: "actions" }, h("button", { type: "button", disabled: busy, onclick: () => run({}) }, t("sources.test_again")))];
  });
}
