// Step 1: the owner's account.
//
// Responsible for: name and password of the first owner, made with the secret of the printed link.
// Not responsible for: rules of passwords (the server).

import { field, password, text } from "../../parts/form.js";
import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { refresh } from "../../core/session.js";
import { answers } from "./answers.js";
import { stepForm } from "./frame.js";

export function ownerStep() {
  const { name, password: secret, again } = answers.account;
  const send = async () => {
    if (secret.peek() !== again.peek()) {
      throw Object.assign(new Error(t("setup.passwords_differ")), { status: 422, problems: [{ path: "again", text: t("setup.passwords_differ"), remedy: "" }] });
    }
    await api.post("setup/owner", { setup_secret: answers.secret, name: name.peek().trim(), password: secret.peek() });
    answers.secret = "";
    secret.set("");
    again.set("");
    answers.reached = 1;
    await refresh();
  };
  return [
    h("p", {}, () => t("setup.owner_why")),
    stepForm("owner", {
      send,
      act: () => t("setup.owner_act"),
      body: (problem) => [
        field({
          label: () => t("setup.owner_name"),
          control: text(name, { autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 64 }),
          problem: problem("name"),
        }),
        field({
          label: () => t("setup.owner_password"),
          help: () => t("setup.owner_password_help"),
          control: password(secret, { autocomplete: "new-password", maxlength: 256 }),
          problem: problem("password"),
        }),
        field({
          label: () => t("setup.owner_again"),
          control: password(again, { autocomplete: "new-password", maxlength: 256 }),
          problem: problem("again"),
        }),
      ],
    }),
  ];
}
