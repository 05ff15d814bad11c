// My password.
//
// Responsible for: changing it, and revoking the API tokens with it. Not responsible for: rules of passwords (the server).

import { toast } from "../../parts/dialog.js";
import { field, form, password, toggle } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { session } from "../../core/session.js";
import { signal } from "../../core/signals.js";

/** `welcome`: somebody came by a one-time link; for an hour the old password is not asked for. `changed()`: sessions have
 *  ended with it, and perhaps tokens. */
export function passwordCard(welcome, changed) {
  const tokens = signal(false);
  const [old, next, again] = [signal(""), signal(""), signal("")];
  const send = async () => {
    if (next.peek() !== again.peek()) {
      throw Object.assign(new Error(t("me.differ")), { status: 422, problems: [{ path: "again", text: t("me.differ"), remedy: "" }] });
    }
    await api.post("me/password", { old: old.peek(), new: next.peek(), revoke_tokens: tokens.peek() });
    toast(t("me.password_changed"), { remedy: t(tokens.peek() ? "me.password_changed_tokens" : "me.password_changed_more") });
    for (const each of [old, next, again]) each.set("");
    tokens.set(false);
    await changed();
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
        toggle(tokens, t("me.password_tokens")),
      ],
    }),
  );
}
