// What is done with accounts.
//
// Responsible for: making one (password, or a link to hand over), and the dialog of all acts on one.
// Not responsible for: whether it is allowed: refusals (the last owner, a role above one's own) come from the server.

import { complain, confirm, dialog, toast } from "../../parts/dialog.js";
import { copyable } from "../../parts/copy.js";
import { choice, field, form, password, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { api, part } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { can } from "../../core/session.js";
import { computed, signal } from "../../core/signals.js";
import { ROLES } from "./matrix.js";

const roles = () => ROLES.filter((role) => role !== "owner" || can("owners")).map((role) => [role, t(`users.role_${role}`)]);
const aboutRole = (role) => h("p", { class: "soft", role: "status" }, () => t(`users.role_${role()}_may`));

/** Resolves with {account, link}, or undefined. */
export function create() {
  const [name, role, secret, how] = [signal(""), signal("viewer"), signal(""), signal("link")];
  return dialog(t("users.add"), (close) =>
    form({
      act: () => t("users.make"),
      cancel: () => close(),
      send: async () => close(await api.post("accounts", { name: name.peek().trim(), role: role.peek(), password: how.peek() === "password" ? secret.peek() : "" })),
      body: (problem) => [
        field({ label: t("users.name"), control: text(name, { maxlength: 64, autocomplete: "off", autocapitalize: "none" }), problem: problem("name") }),
        field({ label: t("users.role"), control: choice(role, roles()), problem: problem("role") }),
        aboutRole(role),
        field({
          label: t("users.first_sign_in"),
          control: choice(how, [
            ["link", t("users.by_link")],
            ["password", t("users.by_password")],
          ]),
        }),
        show(
          computed(() => how() === "password"),
          (typed) => (typed ? field({ label: t("users.password"), help: t("users.password_help"), control: password(secret, { autocomplete: "new-password" }), problem: problem("password") }) : h("p", { class: "soft" }, t("users.link_help"))),
        ),
      ],
    }),
  );
}

// Who comes by it is asked to choose a password.
const withWelcome = (link) => link.replace("/login#", "/login?next=%2Fme%3Fwelcome%3D1#");

/** A one-time link, shown once. `life`: how long the server takes it, "day" for a new account, else "hour". */
export const handOver = (account, link, life) =>
  dialog(t("users.link_for", { name: account.name }), (close) => [
    h("p", {}, t(`users.link_once_${life}`)),
    copyable(withWelcome(link), { label: t("users.link") }),
    h("p", { class: "soft" }, icon("warn", { size: 14 }), " ", t("users.link_care")),
    h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: () => close() }, t("users.done"))),
  ]);

/** All that can be done with one account. */
export async function manage(account, load) {
  const path = `accounts/${part(account.id)}`;
  const chosen = await dialog(account.name, (close) => [change(account, path, close), h("hr", {}), h("div", { class: "manage" }, acts(account).map((one) => act(one, close)))]);
  if (!chosen) return;
  if (chosen === "changed") toast(t("users.changed", { name: account.name }));
  else await carryOut(chosen, account, path);
  await load();
}

function change(account, path, close) {
  const [name, role] = [signal(account.name), signal(account.role)];
  return form({
    act: () => t("users.save"),
    send: async () => {
      const wanted = { name: name.peek().trim(), role: role.peek() };
      const changes = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== account[key]));
      if (Object.keys(changes).length) await api.patch(path, changes);
      close(Object.keys(changes).length ? "changed" : undefined);
    },
    body: (problem) => [
      field({ label: t("users.name"), control: text(name, { maxlength: 64, autocomplete: "off" }), problem: problem("name") }),
      field({ label: t("users.role"), control: choice(role, account.role === "owner" && !can("owners") ? [["owner", t("users.role_owner")]] : roles()), problem: problem("role") }),
      aboutRole(role),
    ],
  });
}

const acts = (account) => [
  account.disabled ? "enable" : null,
  account.disabled ? null : "link",
  account.totp || account.passkeys ? "reset" : null,
  account.disabled ? null : "disable",
  "remove",
].filter(Boolean);

const DANGER = new Set(["disable", "remove", "reset"]);

const act = (name, close) =>
  h(
    "div",
    { class: "line" },
    h("div", {}, h("strong", {}, t(`users.${name}`)), h("p", { class: "soft" }, t(`users.${name}_says`))),
    h("button", { type: "button", class: DANGER.has(name) ? "danger" : "", onclick: () => close(name) }, t(`users.${name}`)),
  );

async function carryOut(name, account, path) {
  if (DANGER.has(name)) {
    const sure = await confirm({ title: t(`users.${name}_title`, { name: account.name }), says: t(`users.${name}_says`), act: t(`users.${name}`), danger: true });
    if (!sure) return;
  }
  try {
    const acting = {
      enable: () => api.patch(path, { disabled: false }),
      disable: () => api.patch(path, { disabled: true }),
      remove: () => api.remove(path),
      reset: () => api.remove(`${path}/second-factor`),
      link: async () => handOver(account, (await api.post(`${path}/link`)).link, "hour"),
    };
    await acting[name]();
    if (name !== "link") toast(t("users.changed", { name: account.name }));
  } catch (error) {
    complain(error);
  }
}
