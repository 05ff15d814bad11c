// Every setting, as a form.
//
// Responsible for: the page: search, sections, what waits for a restart, leaving with unsaved changes.
// Not responsible for: drafts and saving (pages/settings/draft.js), inputs (pages/settings/control.js).

import { complain } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { ticked } from "../parts/ticked.js";
import { each, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { guard } from "../core/router.js";
import { saidBoth } from "../core/said.js";
import { computed, onEnd, signal } from "../core/signals.js";
import { bar, result } from "./settings/bar.js";
import { dirty, draft, forget, load, view } from "./settings/draft.js";
import { profilesButton } from "./settings/profiles.js";
import { anchor, grouped, sectionCard } from "./settings/sections.js";
import { exportLink, importButton } from "./settings/transfer.js";

export const title = () => t("core.nav_settings");

export function page(_, search) {
  const wanted = signal(search.get("q") ?? "");
  load().catch(complain);
  stayWithChanges();
  const groups = computed(() => grouped(wanted()));
  // A section is made anew when its settings are other ones or were loaded anew, not when something is typed.
  const key = (group) => `${view.peek().revision} ${group.section} ${group.settings.map((one) => one.key).join()}`;
  return [
    h("header", { class: "page-head" }, h("h1", {}, () => t("settings.title")), h("div", { class: "actions" }, profilesButton(), exportLink(), importButton())),
    () => (view()?.file ? h("p", { class: "soft" }, t("settings.kept_in"), " ", h("code", {}, view().file)) : view() ? h("p", { class: "note" }, t("settings.no_file")) : h("p", { class: "soft", role: "status" }, t("settings.loading"))),
    waiting,
    broken,
    h("div", { "aria-live": "polite" }, result),
    h(
      "div",
      { class: "settings-search" },
      icon("search"),
      h("input", { type: "search", value: wanted, "aria-label": () => t("settings.search"), placeholder: () => t("settings.search"), oninput: (e) => wanted.set(e.target.value) }),
    ),
    h("nav", { class: "chips", "aria-label": () => t("settings.sections") }, () => groups().map((group) => h("a", { class: "button chip", href: `#${anchor(group.section)}`, onclick: jump }, group.section))),
    h("div", { class: "settings-list" }, each(groups, key, (group) => sectionCard(group()))),
    () => (view() && !groups().length ? h("div", { class: "empty" }, icon("search", { size: 32 }), h("p", {}, t("settings.nothing_found"))) : null),
    bar(),
  ];
}

function jump(event) {
  event.preventDefault();
  const section = document.getElementById(event.currentTarget.hash.slice(1));
  section?.scrollIntoView({ block: "start" });
  section?.focus({ preventScroll: true });
}

const waiting = () =>
  view()?.waiting.length
    ? h(
        "section",
        { class: "card waiting" },
        h("header", {}, icon("wait"), h("h2", {}, t("settings.waiting", { count: view().waiting.length }))),
        h("ul", { class: "plain-list" }, view().waiting.map((path) => h("li", {}, h("code", {}, path)))),
        h("p", { class: "soft" }, t("settings.how_to_restart")),
      )
    : null;

// Somebody changed the file by hand, and it is wrong.
const broken = () =>
  view()?.problems?.length
    ? h(
        "section",
        { class: "card outcome-refused", role: "alert" },
        h("header", {}, icon("bad"), h("h2", {}, t("settings.file_wrong"))),
        h("ul", {}, view().problems.map((one) => h("li", {}, one.path ? [h("code", {}, one.path), " "] : null, () => ticked(saidBoth(one))))),
      )
    : null;

function stayWithChanges() {
  const before = (event) => {
    if (dirty.peek()) event.preventDefault();
  };
  addEventListener("beforeunload", before);
  const lift = guard(() => {
    if (!dirty.peek()) return true;
    if (!window.confirm(t("settings.leave", { count: draft.peek().size }))) return false;
    forget();
    return true;
  });
  onEnd(() => {
    removeEventListener("beforeunload", before);
    lift();
  });
}
