// Where the page begins.
//
// Responsible for: the table of pages, loading the right one with its words, and what comes before it: set-up, sign-in.
// Not responsible for: what a page shows.

import { complain } from "./parts/dialog.js";
import { icon } from "./parts/icon.js";
import { confirmWith, signedOut } from "./core/api.js";
import { fill, h } from "./core/dom.js";
import * as i18n from "./core/i18n.js";
import { applyTheme } from "./core/preferences.js";
import * as router from "./core/router.js";
import { fetchSaid } from "./core/said.js";
import { refresh, sees, session } from "./core/session.js";
import { effect, scope, untracked } from "./core/signals.js";
import { shell } from "./core/shell.js";

// [pattern, module under pages/, areas of words, permission (null: whoever is signed in), bare (no frame),
// from which privacy on visitors see it]
const PAGES = [
  ["/", "dashboard", ["dashboard"], null, false, "totals"],
  ["/miners", "miners", ["miners"], "view", false, "workers"],
  ["/miners/:key", "miner", ["miners", "dashboard"], "view", false, "workers"],
  ["/sources", "sources", ["sources", "balance", "test"], "view"],
  ["/blocks", "blocks", ["blocks", "dashboard"], "view"],
  ["/leaderboard", "leaderboard", ["leaderboard"], "view", false, "workers"],
  ["/kiosk", "kiosk", ["dashboard", "leaderboard"], "view", true],
  ["/connect", "connect", ["connect"], "view"],
  ["/settings", "settings", ["settings"], "settings"],
  ["/users", "users", ["users", "me"], "accounts"],
  ["/logs", "logs", ["logs"], "view.private"],
  ["/audit", "audit", ["audit", "users"], "audit"],
  ["/about", "about", ["about"], "view"],
  ["/me", "me", ["me"], "view"],
  ["/login", "login", ["login"], null, true],
  ["/setup", "setup", ["setup", "connect", "login", "test"], null, true],
];

const root = document.getElementById("app");
const main = h("main", { id: "main", tabindex: "-1" });

function wanted(now, path) {
  if (now.setup_needed) return "/setup";
  if (path === "/setup") return "/";
  const found = PAGES.find(([pattern]) => router.match(pattern, path));
  if (!found || path === "/login") return path;
  const [, , , permission, , level] = found;
  if (now.signed_in || sees(permission, level)) return path; // who may not see it is told so, on the page
  return `/login?next=${encodeURIComponent(path)}`;
}

let stop = () => {};
let turn = 0;

async function open(now, place) {
  const to = wanted(now, place.path);
  if (to !== place.path) {
    // A link's secret stands after the # and must survive: the server never sees it.
    router.go(to + (to === "/setup" ? location.hash : ""), { replace: true });
    return;
  }
  const mine = ++turn;
  const found = PAGES.find(([pattern]) => router.match(pattern, place.path));
  const [pattern, name, areas, permission, bare] = found ?? ["", "missing", [], null];
  const denied = permission && now.signed_in && !now.permissions.includes(permission);
  const [module] = await Promise.all([denied || !found ? null : import(`./pages/${name}.js`), i18n.words("core", ...areas)]);
  if (mine !== turn) return; // another page was asked for meanwhile
  stop();
  main.className = `page page-${name}`;
  const [, end] = scope(() => {
    const body = module
      ? module.page(router.match(pattern, place.path), place.search)
      : h("div", { class: "empty" }, icon(denied ? "lock" : "unknown", { size: 40 }), h("h1", {}, () => i18n.t(denied ? "core.denied" : "core.missing")), h("p", {}, () => i18n.t(denied ? "core.denied_remedy" : "core.missing_remedy")), h("a", { href: "/" }, () => i18n.t("core.nav_dashboard")));
    fill(main, body);
    fill(root, bare ? main : shell(main));
    effect(() => {
      document.title = module?.title ? `${module.title()} · Headframe` : "Headframe";
    });
  });
  stop = end;
  if (mine > 1) main.focus({ preventScroll: true });
}

// What this address most likely needs, while the server still says who we are.
function fetchAhead() {
  const found = PAGES.find(([pattern]) => router.match(pattern, location.pathname));
  if (!found) return null;
  const [, name, areas] = found;
  import(`./pages/${name}.js`).catch(() => {}); // open() asks again, and says what is wrong
  return i18n.words(...areas).catch(() => {});
}

async function start() {
  i18n.begin();
  applyTheme();
  router.begin();
  confirmWith(() => import("./parts/proof.js").then((proof) => proof.confirmYou()));
  await Promise.all([refresh(), i18n.words("core"), fetchAhead()]);
  effect(() => {
    const [now, place] = [session(), router.place()];
    untracked(() => open(now, place).catch(complain));
  });
  effect(() => {
    i18n.language(); // also when it is changed; without it the server's texts stay English
    untracked(() => fetchSaid().catch(() => {}));
  });
  effect(() => {
    // A visitor who asks for too much stays a visitor: nothing to find out.
    if (signedOut() && session.peek()?.signed_in) untracked(() => refresh().catch(complain));
  });
}

start().catch(async () => {
  // The server does not answer: say so, and try again by ourselves.
  await i18n.words("core").catch(() => {});
  fill(root, h("main", { class: "empty" }, icon("warn", { size: 40 }), h("h1", {}, () => (i18n.has("core.unreachable") ? i18n.t("core.unreachable") : "Headframe does not answer."))));
  setTimeout(() => location.reload(), 5000);
});
