// Confirm that it is you.
//
// Responsible for: the dialog that asks for what somebody signs in with (password and code, or a passkey) before what a
// session of long ago may not do.
// Not responsible for: which acts need it and for how long it holds (the server), doing the act afterwards (core/api.js).

import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { t, words } from "../core/i18n.js";
import { signal } from "../core/signals.js";
import { dialog, trouble } from "./dialog.js";
import { field, form, password, text } from "./form.js";
import { icon } from "./icon.js";
import { hindrance, mishap, use } from "./passkey.js";

/** Resolves to whether they showed that it is them. */
export async function confirmYou() {
  const [{ account }] = await Promise.all([api.get("me"), words("proof")]);
  const done = await dialog(t("proof.title"), (close) => [h("p", {}, t("proof.says")), ways(account, () => close(true))]);
  return done === true;
}

function ways(account, done) {
  const passkey = account.passkeys > 0 && !hindrance();
  if (!account.password && !passkey) return h("p", { class: "note" }, t("proof.none"));
  return [
    account.password ? byPassword(account, done) : null,
    account.password && passkey ? h("div", { class: "or" }, t("proof.or")) : null,
    passkey ? byPasskey(done) : null,
  ];
}

const focusSoon = (element) => requestAnimationFrame(() => element.isConnected && element.focus());

function byPassword(account, done) {
  const [secret, code] = [signal(""), signal("")];
  return form({
    act: () => t("proof.confirm"),
    send: async () => {
      await api.post("me/proof", { password: secret.peek(), code: code.peek().trim() });
      done();
    },
    body: (problem) => [
      // Password managers want to know whose it is.
      h("input", { type: "text", class: "offscreen", autocomplete: "username", tabindex: "-1", "aria-hidden": "true", readOnly: true, value: account.name }),
      field({ label: t("proof.password"), control: password(secret, { ref: focusSoon }), problem: problem("password") }),
      account.totp
        ? field({ label: t("proof.code"), help: t("proof.code_help"), control: text(code, { autocomplete: "one-time-code", spellcheck: "false", maxlength: 64 }), problem: problem("code") })
        : null,
    ],
  });
}

function byPasskey(done) {
  const [busy, says] = [signal(false), signal(null)];
  const act = async () => {
    busy.set(true);
    says.set(null);
    try {
      const { handle, options } = await api.post("me/proof/passkey/begin");
      await api.post("me/proof/passkey/finish", { handle, credential: await use(options) });
      done();
    } catch (error) {
      says.set("status" in error ? trouble(error) : { text: t(mishap(error) === "cancelled" ? "proof.passkey_cancelled" : "proof.passkey_failed"), remedy: "" });
    } finally {
      busy.set(false);
    }
  };
  return h(
    "div",
    { class: "gate-passkey" },
    h("button", { type: "button", onclick: act, disabled: busy }, icon("key"), () => t(busy() ? "proof.passkey_waiting" : "proof.passkey")),
    () => {
      const found = says();
      return found
        ? h("div", { class: "refusal", role: "alert" }, icon("warn"), h("div", {}, h("strong", {}, found.text), found.remedy ? h("p", {}, found.remedy) : null))
        : null;
    },
  );
}
