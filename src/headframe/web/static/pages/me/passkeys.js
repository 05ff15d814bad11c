// My passkeys.
//
// Responsible for: adding one with a name, listing, removing. Not responsible for: the browser's side (parts/passkey.js).

import { complain, confirm, dialog, toast, trouble } from "../../parts/dialog.js";
import { field, form, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { create, hindrance, mishap } from "../../parts/passkey.js";
import { api, part } from "../../core/api.js";
import { each, h } from "../../core/dom.js";
import { ago, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { signal } from "../../core/signals.js";

export function passkeys(me, load) {
  const why = hindrance();
  const list = () => me().passkeys;
  const add = async () => {
    const made = await enrol();
    if (!made) return;
    toast(t("me.passkey_added"));
    await load();
  };
  const remove = async (passkey) => {
    const sure = await confirm({ title: t("me.passkey_remove", { name: passkey.name }), says: t("me.passkey_remove_says"), act: t("me.remove"), danger: true });
    if (!sure) return;
    await api.remove(`me/passkeys/${part(passkey.id)}`);
    await load();
  };
  return h(
    "section",
    { class: "card" },
    h("header", {}, icon("key"), h("h2", {}, () => t("me.passkeys"))),
    h("p", {}, () => t("me.passkeys_why")),
    h("ul", { class: "plain-list" }, each(list, (one) => one.id, (one) =>
      h(
        "li",
        { class: "line" },
        h("div", {}, h("strong", {}, () => one().name), h("p", { class: "soft", title: () => time(one().last_used_ms ?? one().created_ms) }, () => (one().last_used_ms ? t("me.used", { when: ago(one().last_used_ms) }) : t("me.never_used")))),
        h("button", { type: "button", class: "quiet", "aria-label": () => t("me.passkey_remove", { name: one().name }), onclick: () => remove(one.peek()).catch(complain) }, icon("trash")),
      ),
    )),
    () => (list().length ? null : h("p", { class: "soft" }, t("me.no_passkeys"))),
    why
      ? h("p", { class: "note" }, () => t(`me.passkey_${why}`))
      : h("div", { class: "actions start" }, h("button", { type: "button", onclick: () => add().catch(complain) }, icon("plus", { size: 16 }), () => t("me.passkey_add"))),
  );
}

function enrol() {
  const name = signal("");
  return dialog(t("me.passkey_add"), (close) =>
    form({
      act: () => t("me.passkey_make"),
      cancel: () => close(),
      send: async () => {
        const { handle, options } = await api.post("me/passkeys/begin");
        let credential;
        try {
          credential = await create(options);
        } catch (error) {
          const { text: says } = "status" in error ? trouble(error) : { text: t(`me.passkey_${mishap(error)}`) };
          throw Object.assign(new Error(says), { status: 422, problems: [] });
        }
        close(await api.post("me/passkeys/finish", { handle, name: name.peek().trim() || t("me.passkey_unnamed"), credential }));
      },
      body: (problem) => [
        h("p", {}, t("me.passkey_how")),
        field({ label: t("me.passkey_name"), help: t("me.passkey_name_help"), control: text(name, { maxlength: 64 }), problem: problem("name") }),
      ],
    }),
  );
}
