// Trying a source.
//
// Responsible for: asking the server to try settings, and showing what it found or why it would not try.
// Not responsible for: the look of what was found (parts/test_report.js).

import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { signal } from "../../core/signals.js";
import { dialog } from "../../parts/dialog.js";
import { refusal, unfold } from "../../parts/refusal.js";
import { testing, testReport } from "../../parts/test_report.js";

/** {node, run(values), busy, problem(name), forget()}: what the last try found, and its refusal at the fields that ask. */
export function tester(kind, name = "") {
  const busy = signal(false);
  const report = signal(null);
  const refused = refusal();
  let turn = 0;
  async function run(values) {
    const mine = ++turn;
    busy.set(true);
    report.set(null);
    refused.error.set(null);
    try {
      const found = await api.post("sources/test", name ? { name, values } : { values });
      if (mine === turn) report.set(found);
    } catch (error) {
      if (mine === turn) refused.error.set(error);
      unfold(node.closest("form") ?? node);
    } finally {
      if (mine === turn) busy.set(false);
    }
  }
  const node = h(
    "div",
    { class: "test", "aria-busy": () => String(busy()) },
    show(busy, (now) => (now ? testing(kind) : null)),
    show(report, (found) => (found ? testReport(found) : null)),
    refused.box,
  );
  return { node, run, busy, problem: refused.problem, forget: refused.forget };
}

export function testSource(source) {
  return dialog(t("sources.test_title", { name: source.name }), () => {
    const { node, run, busy } = tester(source.kind, source.name);
    run({});
    return [h("p", { class: "soft" }, t("sources.test_says")), node, h("div", { class: "actions" }, h("button", { type: "button", disabled: busy, onclick: () => run({}) }, t("test.again")))];
  });
}
