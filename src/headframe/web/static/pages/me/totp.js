// One-time codes as a second factor.
//
// Responsible for: turning them on (secret, QR code, confirmation) and off, recovery codes.
// Not responsible for: asking for them when signing in (pages/login/form.js).

import { complain, confirm, dialog, toast } from "../../parts/dialog.js";
import { copyable } from "../../parts/copy.js";
import { field, form, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { qr } from "../../parts/qr.js";
import { badge } from "../../parts/status.js";
import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { computed, signal } from "../../core/signals.js";
import { showCodes } from "./recovery.js";

export function totp(me, load) {
  const on = computed(() => me().account.totp);
  const changed = () => load().catch(complain);
  const turnOn = async () => {
    const codes = await enrol(await api.post("me/totp/begin"));
    if (!codes) return;
    await showCodes(codes);
    changed();
  };
  const turnOff = async () => {
    if (!(await confirm({ title: t("me.totp_off"), says: t("me.totp_off_says"), act: t("me.totp_off"), danger: true }))) return;
    await api.remove("me/totp");
    toast(t("me.totp_is_off"));
    changed();
  };
  const renew = async () => {
    if (!(await confirm({ title: t("me.codes_new"), says: t("me.codes_new_says"), act: t("me.codes_new") }))) return;
    await showCodes((await api.post("me/recovery-codes")).codes);
    changed();
  };
  return h(
    "section",
    { class: "card" },
    h("header", {}, icon("key"), h("h2", {}, () => t("me.totp")), () => badge(on() ? "ok" : "off", t(on() ? "core.on" : "core.off"))),
    h("p", {}, () => t("me.totp_why")),
    show(on, (is) =>
      is
        ? [
            h("p", {}, () => [me().account.recovery_codes < 3 ? [icon("warn", { size: 16 }), " "] : null, t("me.codes_left", { count: me().account.recovery_codes })]),
            h("div", { class: "actions start" }, h("button", { type: "button", onclick: () => renew().catch(complain) }, t("me.codes_new")), h("button", { type: "button", class: "danger", onclick: () => turnOff().catch(complain) }, t("me.totp_off"))),
          ]
        : h("div", { class: "actions start" }, h("button", { type: "button", class: "primary", onclick: () => turnOn().catch(complain) }, t("me.totp_on"))),
    ),
  );
}

/** Resolves with the recovery codes, or undefined. */
function enrol(offer) {
  const code = signal("");
  return dialog(t("me.totp_on"), (close) => [
    h("p", {}, t("me.totp_scan")),
    h("div", { class: "totp-offer" }, qr(offer.uri, { label: t("me.totp_qr") }), h("div", {}, h("p", { class: "soft" }, t("me.totp_by_hand")), copyable(offer.secret, { label: t("me.totp_secret") }))),
    form({
      act: () => t("me.totp_confirm"),
      cancel: () => close(),
      send: async () => close((await api.post("me/totp/confirm", { code: code.peek().replaceAll(" ", "") })).codes),
      body: (problem) =>
        field({
          label: t("me.totp_code"),
          help: t("me.totp_code_help"),
          control: text(code, { inputmode: "numeric", autocomplete: "one-time-code", maxlength: 10 }),
          problem: problem("code"),
        }),
    }),
  ]);
}
