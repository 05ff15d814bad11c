// My account.
//
// Responsible for: the page: password, second factors, where I am signed in, my API tokens.
// Not responsible for: each of them (pages/me/*), others' accounts (pages/users.js).

import { complain } from "../parts/dialog.js";
import { api } from "../core/api.js";
import { h, show } from "../core/dom.js";
import { ago, time } from "../core/format.js";
import { has, t } from "../core/i18n.js";
import { signal } from "../core/signals.js";
import { passkeys } from "./me/passkeys.js";
import { passwordCard } from "./me/password.js";
import { sessions } from "./me/sessions.js";
import { tokensCard } from "./me/tokens.js";
import { totp } from "./me/totp.js";

export const title = () => t("core.nav_account");

export function page(_, search) {
  const welcome = search.has("welcome");
  const me = signal(null);
  const load = () => api.get("me").then(me.set);
  const tokensAgain = signal(0);
  const passwordChanged = () => {
    tokensAgain.set(tokensAgain.peek() + 1);
    return load();
  };
  load().catch(complain);
  return [
    h("header", { class: "page-head" }, h("h1", {}, () => t("me.title"))),
    () => (me() ? who(me()) : h("p", { class: "soft", role: "status" }, t("me.loading"))),
    welcome ? h("p", { class: "note" }, () => t("me.welcome")) : null,
    // The cards are made once; each follows `me` by itself, so that what is half typed stays.
    show(
      () => me() !== null,
      (there) =>
        there
          ? [h("div", { class: "grid me-grid" }, passwordCard(welcome, passwordChanged), totp(me, load), passkeys(me, load)), sessions(me, load), tokensCard({ permissions: () => me().permissions, again: tokensAgain })]
          : null,
    ),
  ];
}

const roleWord = (role) => (has(`me.role_${role}`) ? t(`me.role_${role}`) : role);

const who = ({ account }) =>
  h(
    "p",
    {},
    h("strong", {}, account.name),
    h("span", { class: "soft" }, ` · ${roleWord(account.role)} · `),
    h("span", { class: "soft", title: time(account.created_ms) }, t("me.since", { when: ago(account.created_ms) })),
  );
