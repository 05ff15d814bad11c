// The ways to sign in.
//
// Responsible for: name, password and second factor; the button for passkeys; saying when to try again.
// Not responsible for: where it leads (`done`).

import { icon } from "../../parts/icon.js";
import { field, form, password, text } from "../../parts/form.js";
import { hindrance, mishap, use } from "../../parts/passkey.js";
import { trouble } from "../../parts/dialog.js";
import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { duration } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { every, signal } from "../../core/signals.js";

/** Name and password; the second factor is asked for when the server says that the account has one. */
export function signInForm({ done }) {
  const [name, secret, code] = [signal(""), signal(""), signal("")];
  const second = signal(false);
  const wait = waiting();
  const send = async () => {
    try {
      await api.post("session", { name: name.peek().trim(), password: secret.peek(), code: code.peek().trim() });
    } catch (error) {
      if (error.code === "second_factor_needed" && !second.peek()) {
        second.set(true);
        return;
      }
      wait.by(error);
      throw error;
    }
    await done();
  };
  return form({
    act: () => t("login.sign_in"),
    send,
    body: (problem) => [
      field({
        label: () => t("login.name"),
        control: text(name, { autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 64, ref: focusSoon }),
        problem: problem("name"),
      }),
      field({ label: () => t("login.password"), control: password(secret), problem: problem("password") }),
      () =>
        second()
          ? field({
              label: t("login.code"),
              help: t("login.code_help"),
              control: text(code, { autocomplete: "one-time-code", spellcheck: "false", maxlength: 64, ref: focusSoon }),
              problem: problem("code"),
            })
          : null,
      wait.words,
    ],
  });
}

const focusSoon = (element) => requestAnimationFrame(() => element.isConnected && element.focus());

// After a 429: how long to wait, counted down.
function waiting() {
  const until = signal(0);
  const now = signal(Date.now());
  every(1, () => now.set(Date.now()));
  return {
    by: (error) => error.status === 429 && until.set(Date.now() + 1000 * (error.retryAfter || 60)),
    words: () => {
      const left = Math.ceil((until() - now()) / 1000);
      return left > 0 ? h("p", { class: "gate-wait" }, icon("wait"), t("login.wait", { time: duration(left) })) : null;
    },
  };
}

/** The button for passkeys, or why there is none. */
export function passkeyEntry({ done }) {
  const why = hindrance();
  if (why) return h("p", { class: "soft" }, () => t(`login.passkey_${why}`));
  const busy = signal(false);
  const says = signal(null);
  const act = async () => {
    busy.set(true);
    says.set(null);
    try {
      const { handle, options } = await api.post("session/passkey/begin");
      const credential = await use(options);
      await api.post("session/passkey/finish", { handle, credential });
      await done();
    } catch (error) {
      says.set("status" in error ? trouble(error) : { text: t(`login.passkey_${mishap(error)}`), remedy: "" });
    } finally {
      busy.set(false);
    }
  };
  return h(
    "div",
    { class: "gate-passkey" },
    h("button", { type: "button", onclick: act, disabled: busy }, icon("key"), () => t(busy() ? "login.passkey_waiting" : "login.passkey")),
    () => {
      const found = says();
      return found
        ? h("div", { class: "refusal", role: "alert" }, icon("warn"), h("div", {}, h("strong", {}, found.text), found.remedy ? h("p", {}, found.remedy) : null))
        : null;
    },
  );
}
