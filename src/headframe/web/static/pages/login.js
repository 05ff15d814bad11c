// Signing in.
//
// Responsible for: the page of name and password, passkeys, one-time links, and where to go afterwards.
// Not responsible for: the form itself (pages/login/form.js, which set-up uses too).

import { trouble } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { onFragment, takeFragment } from "../parts/link_secret.js";
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { refresh, session } from "../core/session.js";
import { signal } from "../core/signals.js";
import { passkeyEntry, signInForm } from "./login/form.js";

export const title = () => t("login.title");

/** Only pages of our own: a link must not be able to send somebody elsewhere after signing in. */
function safeNext(wanted) {
  if (!wanted?.startsWith("/") || wanted.startsWith("//") || wanted.includes("\\")) return "/";
  const to = new URL(wanted, location.origin);
  return to.origin === location.origin && to.pathname !== "/login" ? to.pathname + to.search : "/";
}

// "link=SECRET", or the secret alone.
const secretOf = (fragment) => fragment.replace(/^link=/, "");

// A page that is made anew meanwhile must not use the same link twice.
let using = "";

export function page(_, search) {
  const next = safeNext(search.get("next"));
  const leave = async () => {
    await refresh();
    go(next, { replace: true });
  };
  onFragment((text) => {
    using = secretOf(text);
    go(location.pathname + location.search, { replace: true });
  });
  using ||= secretOf(takeFragment());
  if (using) return frame(byLink(using, leave));
  if (session.peek()?.signed_in) {
    queueMicrotask(() => go(next, { replace: true }));
    return null;
  }
  return frame(
    h("h1", {}, () => t("login.title")),
    signInForm({ done: leave }),
    h("div", { class: "or" }, () => t("login.or")),
    passkeyEntry({ done: leave }),
    h("details", { class: "soft" }, h("summary", {}, () => t("login.lost")), h("p", {}, () => t("login.lost_remedy")), h("code", {}, "headframe users link NAME")),
  );
}

const frame = (...body) =>
  h(
    "div",
    { class: "gate" },
    h("div", { class: "gate-brand" }, h("img", { src: "/static/icon.svg", alt: "", width: 44, height: 44 }), h("span", {}, "Headframe")),
    h("section", { class: "card gate-card" }, body),
  );

function byLink(secret, leave) {
  const refused = signal(null);
  api
    .post("session/link", { secret })
    .then(leave)
    .catch(refused.set)
    .finally(() => (using = ""));
  return () => {
    const error = refused();
    if (!error) return h("p", { role: "status", class: "gate-wait" }, icon("wait"), t("login.link_working"));
    const { text, remedy } = trouble(error);
    return [
      h("h1", {}, t("login.link_refused")),
      h("div", { class: "refusal", role: "alert" }, icon("bad"), h("div", {}, h("strong", {}, text), h("p", {}, remedy || t("login.link_remedy")))),
      h("button", { type: "button", class: "primary", onclick: () => go("/login", { replace: true }) }, t("login.by_password")),
    ];
  };
}
