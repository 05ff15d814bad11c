// Recovery codes, shown once.
//
// Responsible for: copying, saving and printing them before they are gone. Not responsible for: making them (the server).

import { copyText } from "../../parts/copy.js";
import { dialog, toast } from "../../parts/dialog.js";
import { saveText } from "../../parts/download.js";
import { icon } from "../../parts/icon.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { session } from "../../core/session.js";
import { signal } from "../../core/signals.js";

/** Resolves when somebody says that they are kept (or closes it). */
export function showCodes(codes) {
  const kept = signal(false);
  const name = session.peek()?.name ?? "";
  const text = [`Headframe · ${name} · ${location.host}`, "", ...codes, ""].join("\n");
  const copy = async () => {
    await copyText(text);
    toast(t("me.copied"));
  };
  return dialog(t("me.codes"), (close) => [
    h("p", {}, t("me.codes_why")),
    h("ol", { class: "codes print-only-this" }, codes.map((code) => h("li", {}, h("code", {}, code)))),
    h(
      "div",
      { class: "actions start" },
      h("button", { type: "button", onclick: copy }, icon("copy", { size: 16 }), t("core.copy")),
      h("button", { type: "button", onclick: () => saveText("headframe-recovery-codes.txt", text) }, icon("download", { size: 16 }), t("me.save")),
      h("button", { type: "button", onclick: () => window.print() }, t("me.print")),
    ),
    h("label", { class: "toggle" }, h("input", { type: "checkbox", onchange: (e) => kept.set(e.target.checked) }), h("span", {}, t("me.codes_kept"))),
    h("div", { class: "actions" }, h("button", { type: "button", class: "primary", disabled: () => !kept(), onclick: () => close(true) }, t("me.done"))),
  ]);
}
