// My password.
//
// Responsible for: changing it. Not responsible for: rules of passwords (the server).

import { toast } from "../../parts/dialog.js";
import { field, form, password } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { session } from "../../core/session.js";
import { signal } from "../../core/signals.js";

/** `welcome`: somebody came by a one-time link; for an hour the old password is not asked for. */
export function passwordCard(welcome) {
  const [old, next, again] = [signal(""), signal(""), signal("")];
  const send = async () => {
    if (next.peek() !== again.peek()) {
      throw Object.assign(new Error(t("me.differ")), { status: 422, problems: [{ path: "again", text: t("me.differ"), remedy: "" }] });
    }
    await api.post("me/password", { old: old.peek(), new: next.peek() });
    for (const each of [old, next, again]) each.set("");
    toast(t("me.password_changed"), { remedy: t("me.password_changed_more") });
  };
  return h(
    "section",
    { class: "card" },
    h("header", {}, icon("lock"), h("h2", {}, () => t("me.password"))),
    form({
      send,
      act: () => t("me.password_change"),
      body: (problem) => [
        // Password managers want to know whose it is.
        h("input", { type: "text", class: "offscreen", autocomplete: "username", tabindex: "-1", "aria-hidden": "true", readOnly: true, value: session.peek()?.name ?? "" }),
        field({ label: () => t("me.password_old"), help: welcome ? () => t("me.password_old_link") : "", control: password(old), problem: problem("old") }),
        field({ label: () => t("me.password_new"), help: () => t("me.password_help"), control: password(next, { autocomplete: "new-password" }), problem: problem("new") }),
        field({ label: () => t("me.password_again"), control: password(again, { autocomplete: "new-password" }), problem: problem("again") }),
      ],
    }),
  );
}

/** Ask for the password before something that weakens the account; `act(password)` may refuse. Resolves with its answer. */
export async function withPassword(dialog, { title, says, act, word, danger = false }) {
  const secret = signal("");
  return dialog(title, (close) => [
    h("p", {}, says),
    form({
      className: danger ? "form-danger" : "",
      act: () => word,
      cancel: () => close(),
      send: async () => close((await act(secret.peek())) ?? true),
      body: (problem) => field({ label: t("me.your_password"), control: password(secret), problem: problem("password") }),
    }),
  ]);
}
