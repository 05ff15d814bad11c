// Accounts of others, and everybody's tokens.
//
// Responsible for: the list of accounts and what may be done with each, what the roles may.
// Not responsible for: the dialogs (pages/users/*), who may change whom (the server).

import { complain } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { badge } from "../parts/status.js";
import { api } from "../core/api.js";
import { each, h } from "../core/dom.js";
import { ago, time } from "../core/format.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { signal } from "../core/signals.js";
import { tokensCard } from "./me/tokens.js";
import { create, handOver, manage } from "./users/dialogs.js";
import { matrix } from "./users/matrix.js";

export const title = () => t("core.nav_users");

export function page() {
  const accounts = signal(null);
  const load = () => api.get("accounts").then(accounts.set);
  load().catch(complain);
  const add = async () => {
    const made = await create();
    if (!made) return;
    await load();
    if (made.link) await handOver(made.account, made.link, "day");
  };
  return [
    h("header", { class: "page-head" }, h("h1", {}, () => t("users.title")), h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: () => add().catch(complain) }, icon("plus", { size: 16 }), () => t("users.add")))),
    h(
      "section",
      { class: "card" },
      h("header", {}, icon("users"), h("h2", {}, () => t("users.accounts"))),
      () => (accounts() ? null : h("p", { class: "soft", role: "status" }, t("users.loading"))),
      h("ul", { class: "plain-list" }, each(() => accounts() ?? [], (one) => one.id, (one) => row(one, load))),
    ),
    matrix(),
    tokensCard({ everybody: true }),
  ];
}

const row = (one, load) =>
  h(
    "li",
    { class: "line" },
    h(
      "div",
      {},
      h("strong", {}, () => one().name),
      " ",
      h("span", { class: "badge" }, () => t(`users.role_${one().role}`)),
      " ",
      () => (one().disabled ? badge("off", t("users.disabled")) : null),
      () => (one().name === session()?.name ? badge("ok", t("users.you")) : null),
      h("p", { class: "soft" }, () => [factors(one()), " · ", h("span", { title: time(one().last_seen_ms) }, one().last_seen_ms ? t("users.seen", { when: ago(one().last_seen_ms) }) : t("users.never"))]),
    ),
    h("button", { type: "button", "aria-label": () => t("users.manage_name", { name: one().name }), onclick: () => manage(one.peek(), load).catch(complain) }, icon("edit", { size: 16 }), () => t("users.manage")),
  );

function factors(account) {
  if (!account.password && !account.passkeys) return t("users.no_password");
  const found = [account.totp ? t("users.with_totp") : "", account.passkeys ? t("users.with_passkeys", { count: account.passkeys }) : ""].filter(Boolean);
  if (!found.length) return t("users.password_only");
  return [account.password ? t("users.with_password") : "", ...found].filter(Boolean).join(" · ");
}
