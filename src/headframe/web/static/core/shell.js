// The frame around every page.
//
// Responsible for: navigation, the account's menu, theme and language, the line that says when the connection is lost.
// Not responsible for: the pages.

import { complain } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { h, show } from "./dom.js";
import { LANGUAGES, language, t, useLanguage } from "./i18n.js";
import { connection, overview } from "./live.js";
import { theme } from "./preferences.js";
import { go, place } from "./router.js";
import { sees, session, signOut } from "./session.js";
import { signal } from "./signals.js";

// [path, icon and word, permission, from which privacy on visitors see it ("": never)]
const MAIN = [
  ["/", "dashboard", null, "totals"],
  ["/miners", "miners", "view", "workers"],
  ["/sources", "sources", "view", ""],
  ["/blocks", "blocks", "view", ""],
  ["/leaderboard", "leaderboard", "view", "workers"],
];
const MORE = [
  ["/connect", "connect", "view"],
  ["/kiosk", "kiosk", "view"],
  ["/settings", "settings", "settings"],
  ["/users", "users", "accounts"],
  ["/logs", "logs", "view.private"],
  ["/audit", "audit", "audit"],
  ["/about", "about", "view"],
];

const seen = ([, , permission, level]) => sees(permission, level);

function link([path, name]) {
  const here = () => (path === "/" ? place().path === "/" : place().path.startsWith(path));
  return h(
    "a",
    { href: path, class: () => ["nav-link", here() && "nav-here"], "aria-current": () => (here() ? "page" : null) },
    icon(name),
    h("span", {}, () => t(`core.nav_${name}`)),
  );
}

function menu() {
  const open = signal(false);
  const close = (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) open.set(false);
  };
  return h(
    "div",
    { class: "menu", onfocusout: close, onkeydown: (e) => e.key === "Escape" && open.set(false) },
    h(
      "button",
      { type: "button", class: "quiet", "aria-expanded": () => String(open()), "aria-label": () => t("core.menu"), onclick: () => open.set(!open.peek()) },
      icon("menu"),
    ),
    h("div", { class: () => ["menu-list", !open() && "menu-closed"], onclick: (e) => e.target.closest("a") && open.set(false) }, () => [
      MORE.filter(seen).map(link),
      h("hr", {}),
      session()?.signed_in ? link(["/me", "account"]) : null,
      h(
        "label",
        { class: "menu-row" },
        h("span", {}, t("core.language")),
        h(
          "select",
          { onchange: (e) => useLanguage(e.target.value).catch(complain) },
          Object.entries(LANGUAGES).map(([name, word]) =>
            h("option", { value: name, lang: name, selected: () => language() === name }, word),
          ),
        ),
      ),
      h(
        "label",
        { class: "menu-row" },
        h("span", {}, t("core.theme")),
        h(
          "select",
          { onchange: (e) => theme.set(e.target.value) },
          ["system", "light", "dark"].map((name) =>
            h("option", { value: name, selected: () => theme() === name }, t(`core.theme_${name}`)),
          ),
        ),
      ),
      session()?.signed_in
        ? h("button", { type: "button", class: "quiet menu-row", onclick: () => signOut().then(() => go("/login")).catch(complain) }, icon("lock"), t("core.sign_out"))
        : h("a", { href: "/login", class: "nav-link" }, icon("lock"), h("span", {}, t("core.sign_in"))),
    ]),
  );
}

const banner = () => {
  const state = connection();
  if (state !== "lost") return null;
  return h("div", { class: "banner", role: "alert" }, icon("warn"), t("core.connection_lost"));
};

// Made anew only when they change: what has the focus would lose it with every tick.
const marks = () => [
  show(
    () => overview()?.network ?? "",
    (network) => (network ? h("span", { class: "network" }, network) : null),
  ),
  show(
    () => overview()?.attention.length ?? 0,
    (count) => (count ? h("a", { href: "/#attention", class: "badge badge-warn" }, icon("warn", { size: 14 }), h("span", {}, () => t("core.attention", { count }))) : null),
  ),
];

/** The frame; `main` is where pages go. */
export function shell(main) {
  return [
    h("a", { href: "#main", class: "skip" }, () => t("core.skip")),
    h(
      "header",
      { class: "top" },
      h("a", { href: "/", class: "brand" }, h("img", { src: "/static/icon.svg", alt: "", width: 28, height: 28 }), h("span", {}, "Headframe")),
      h("div", { class: "top-marks" }, marks()),
      menu(),
    ),
    h("nav", { class: "nav", "aria-label": () => t("core.navigation") }, h("div", { class: "nav-links" }, () => MAIN.filter(seen).map(link))),
    banner,
    main,
  ];
}
