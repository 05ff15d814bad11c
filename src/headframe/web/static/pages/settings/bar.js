// Check and save.
//
// Responsible for: the bar that says how much is changed, and what a check or a save came to.
// Not responsible for: problems at their settings (pages/settings/sections.js).

import { diffTable } from "../../parts/diff.js";
import { badge } from "../../parts/status.js";
import { icon } from "../../parts/icon.js";
import { ticked } from "../../parts/ticked.js";
import { trouble } from "../../parts/dialog.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { saidBoth } from "../../core/said.js";
import { signal } from "../../core/signals.js";
import { dirty, draft, forget, homeless, load, outcome, send } from "./draft.js";

export function bar() {
  const busy = signal(false);
  const act = async (checkOnly) => {
    if (busy.peek()) return;
    busy.set(true);
    try {
      await send(checkOnly);
    } finally {
      busy.set(false);
    }
    const place = document.querySelector(".setting.field-wrong") ?? document.querySelector(".settings-outcome");
    place?.scrollIntoView({ block: "center" });
  };
  return () =>
    dirty()
      ? h(
          "div",
          { class: "save-bar", role: "region", "aria-label": t("settings.unsaved") },
          h("strong", { role: "status" }, () => t("settings.changes", { count: draft().size })),
          h("div", { class: "actions" }, [
            h("button", { type: "button", class: "quiet", disabled: busy, onclick: forget }, t("settings.discard")),
            h("button", { type: "button", disabled: busy, onclick: () => act(true) }, t("settings.check")),
            h("button", { type: "button", class: "primary", disabled: busy, onclick: () => act(false) }, t("settings.save")),
          ]),
        )
      : null;
}

/** What the last check or save came to. */
export const result = () => {
  const now = outcome();
  if (!now) return null;
  const close = h("button", { type: "button", class: "quiet", "aria-label": t("core.close"), onclick: () => outcome.set(null) }, icon("close"));
  return h("section", { class: `card settings-outcome outcome-${now.kind}`, role: "status" }, now.kind === "refused" ? refused(now.error, close) : told(now.kind, now.result, close));
};

function told(kind, found, close) {
  return [
    h("header", {}, icon("ok"), h("h2", {}, t(`settings.${kind}`)), close),
    kind === "saved" ? [outcomeWords(found).map((words) => h("p", {}, words)), found.backup ? h("p", {}, t("settings.backup"), " ", h("code", {}, found.backup)) : null] : h("p", {}, t(waitingOf(found).length ? "settings.would_wait" : "settings.would_live")),
    diffTable(found.before, found.after, { note: (path) => (found.needs_restart.includes(path) ? badge("warn", t("settings.waits")) : null) }),
    found.doubts.length ? h("ul", {}, found.doubts.map((doubt) => h("li", {}, badge("warn", t("settings.doubt")), " ", doubt.path ? [h("code", {}, doubt.path), " "] : null, () => ticked(saidBoth(doubt))))) : null,
  ];
}

/** What this change is about: `changed` leaves out what waits, and `needs_restart` names what waits since earlier ones, too. */
export const pathsOf = (found) => [...new Set([...Object.keys(found.before), ...Object.keys(found.after)])];
export const waitingOf = (found) => pathsOf(found).filter((path) => found.needs_restart.includes(path));

function outcomeWords(found) {
  const waiting = waitingOf(found).length;
  const live = pathsOf(found).length - waiting;
  return [live ? t("settings.live", { count: live }) : "", waiting ? t("settings.waiting", { count: waiting }) : ""].filter(Boolean);
}

function refused(error, close) {
  const { text, remedy } = trouble(error);
  const reload = () => load().then(() => outcome.set(null));
  return [
    h("header", {}, icon("bad"), h("h2", {}, text), close),
    remedy ? h("p", {}, ticked(remedy)) : null,
    h("ul", {}, homeless().map((each) => h("li", {}, each.path ? [h("code", {}, each.path), " "] : null, () => ticked(saidBoth(each))))),
    error.status === 409 ? h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: reload }, t("settings.reload"))) : null,
  ];
}
