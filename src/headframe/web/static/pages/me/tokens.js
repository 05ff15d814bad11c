// API tokens.
//
// Responsible for: making (scopes, expiry; the secret is shown once), listing and revoking them; also the list of everybody's.
// Not responsible for: what a scope allows (the server).

import { complain, confirm, dialog, toast } from "../../parts/dialog.js";
import { copyable } from "../../parts/copy.js";
import { choice, field, form, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { badge } from "../../parts/status.js";
import { api, part } from "../../core/api.js";
import { each, h } from "../../core/dom.js";
import { ago, serverNow, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { session } from "../../core/session.js";
import { effect, signal, untracked } from "../../core/signals.js";

const DAY_MS = 86_400_000;
const EXPIRIES = ["30", "90", "365", ""];

/** `everybody`: others' tokens too (the server decides whether it tells); `permissions()`: what can be given; `again`: a
 *  signal that changes when they are to be asked for anew. */
export function tokensCard({ permissions = () => [], everybody = false, again = () => 0 }) {
  const tokens = signal(null);
  const mine = (token) => everybody || token.account === session.peek()?.name;
  const load = () => api.get("tokens").then((found) => tokens.set(found.filter(mine)));
  effect(() => {
    again();
    untracked(() => load().catch(complain));
  });
  const add = async () => {
    const made = await enter(permissions());
    if (!made) return;
    await dialog(t("me.token_made"), (close) => [
      h("p", {}, t("me.token_once")),
      copyable(made.secret, { label: t("me.token_secret") }),
      h("p", { class: "soft" }, t("me.token_use")),
      h("pre", { class: "setup-sample" }, `curl -H "Authorization: Bearer …" ${location.origin}/api/v1/overview`),
      h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: () => close() }, t("me.done"))),
    ]);
    await load();
  };
  const revoke = async (token) => {
    const sure = await confirm({ title: t("me.token_revoke_title", { name: token.name }), says: t("me.token_revoke_says"), act: t("me.token_revoke"), danger: true });
    if (!sure) return;
    await api.remove(`tokens/${part(token.id)}`);
    toast(t("me.token_revoked"));
    await load();
  };
  return h(
    "section",
    { class: "card" },
    h("header", {}, icon("key"), h("h2", {}, () => t(everybody ? "me.tokens_all" : "me.tokens")), everybody ? null : h("button", { type: "button", onclick: () => add().catch(complain) }, icon("plus", { size: 16 }), () => t("me.token_add"))),
    h("p", {}, () => t("me.tokens_why")),
    h("ul", { class: "plain-list" }, each(() => tokens() ?? [], (one) => one.id, (one) => row(one, everybody, revoke))),
    () => (tokens()?.length === 0 ? h("p", { class: "soft" }, t("me.no_tokens")) : null),
  );
}

const over = (token) => token.expires_ms !== null && token.expires_ms < serverNow();

const row = (one, everybody, revoke) =>
  h(
    "li",
    { class: "line" },
    h(
      "div",
      {},
      h("strong", {}, () => one().name),
      " ",
      h("code", { class: "soft" }, () => `${one().shown}…`),
      " ",
      () => (over(one()) ? badge("warn", t("me.token_over")) : null),
      everybody ? h("p", {}, () => t("me.token_of", { name: one().account })) : null,
      h("div", { class: "chips scopes" }, () => one().scopes.map((scope) => h("code", {}, scope))),
      h("p", { class: "soft" }, () => [
        one().last_used_ms ? t("me.used", { when: ago(one().last_used_ms) }) : t("me.never_used"),
        " · ",
        one().expires_ms ? t("me.token_until", { when: time(one().expires_ms, { dateStyle: "medium" }) }) : t("me.token_forever"),
      ]),
    ),
    h("button", { type: "button", onclick: () => revoke(one.peek()).catch(complain) }, () => t("me.token_revoke")),
  );

function enter(permissions) {
  const [name, days] = [signal(""), signal("90")];
  const scopes = signal(new Set(["view"]));
  const flip = (scope, on) => {
    const next = new Set(scopes.peek());
    if (on) next.add(scope);
    else next.delete(scope);
    scopes.set(next);
  };
  const send = () => api.post("tokens", { name: name.peek().trim(), scopes: [...scopes.peek()], expires_ms: days.peek() ? serverNow() + Number(days.peek()) * DAY_MS : null });
  return dialog(t("me.token_add"), (close) =>
    form({
      act: () => t("me.token_make"),
      cancel: () => close(),
      send: async () => close(await send()),
      body: (problem) => [
        field({ label: t("me.token_name"), help: t("me.token_name_help"), control: text(name, { maxlength: 64, autocomplete: "off" }), problem: problem("name") }),
        h(
          "fieldset",
          { class: "scopes-pick" },
          h("legend", {}, t("me.token_scopes")),
          permissions.map((scope) =>
            h("label", { class: "scope" }, h("input", { type: "checkbox", checked: scope === "view", onchange: (e) => flip(scope, e.target.checked) }), h("span", {}, h("code", {}, scope), h("span", { class: "soft" }, t(`me.may_${scope.replace(".", "_")}`)))),
          ),
          h("p", { class: "problem", role: "alert" }, problem("scopes")),
        ),
        field({ label: t("me.token_expiry"), control: choice(days, EXPIRIES.map((each) => [each, each ? t("me.days", { count: Number(each) }) : t("me.token_forever")])), problem: problem("expires_ms") }),
      ],
    }),
  );
}
