// The settings by section.
//
// Responsible for: a card for each section, a row for each setting: help, who set it, whether it waits for a restart,
// going back to what it was; what a search leaves.
// Not responsible for: the inputs (pages/settings/control.js).

import { badge } from "../../parts/status.js";
import { icon } from "../../parts/icon.js";
import { shown } from "../../parts/diff.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { said } from "../../core/said.js";
import { can } from "../../core/session.js";
import { ticked } from "../../parts/ticked.js";
import { control } from "./control.js";
import { change, isChanged, problemOf, undo, view } from "./draft.js";

let last = 0;

/** {section, help, settings} in the order of the file; what `wanted` (a search) does not find is left out. */
export function grouped(wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (setting) => {
    const text = `${setting.path} ${said(setting.help)} ${said(setting.kind)} ${setting.path.replaceAll("_", " ")}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found = new Map();
  for (const setting of view()?.settings ?? []) {
    if (setting.path.includes("..") || !fits(setting)) continue;
    const section = setting.shape === "tables" ? setting.path : setting.section;
    if (!found.has(section)) found.set(section, []);
    found.get(section).push(setting);
  }
  return [...found].map(([section, settings]) => ({ section, help: helpOf(section), settings }));
}

function helpOf(section) {
  const { sections, sources } = view.peek();
  const source = section.startsWith("source.") ? sources.find((each) => `source.${each.name}` === section) : null;
  const fits = source ? (each) => each.path === "source" && each.variant === source.kind : (each) => each.path === section;
  return sections.find(fits)?.help ?? "";
}

export const anchor = (section) => `section-${section.replace(/[^\w-]/g, "-")}`;

export const sectionCard = ({ section, help, settings }) =>
  h(
    "section",
    { class: "card", id: anchor(section), tabindex: "-1", "aria-labelledby": `${anchor(section)}-head` },
    h("header", {}, h("h2", { id: `${anchor(section)}-head` }, h("code", {}, section))),
    help ? h("p", { class: "soft lead" }, () => ticked(said(help))) : null,
    settings.map(row),
  );

// Who is paid, and which files are read or written (the server refuses it, too).
const OWNERS = /^payout(\.|$)|\.(file|dir|certificate|key|\w+_file)$/;
const mayChange = (path) => !OWNERS.test(path) || can("owners");

function row(setting) {
  const id = `setting-${++last}`;
  const fixed = setting.set_by === "environment";
  const disabled = fixed || !mayChange(setting.path) || setting.path.endsWith(".name") || setting.path.endsWith(".kind");
  const label = setting.shape === "tables" || setting.shape === "bool" ? h("div", { class: "setting-name" }, name(setting)) : h("label", { class: "setting-name", for: id }, name(setting));
  return h(
    "div",
    { class: () => ["setting", isChanged(setting) && "setting-changed", problemOf(setting) && "field-wrong"] },
    h(
      "div",
      { class: "setting-words" },
      label,
      h("p", { class: "soft", id: `${id}-help` }, () => ticked(said(setting.help))),
      h("div", { class: "setting-marks" }, () => marks(setting)),
    ),
    h(
      "div",
      { class: "setting-input" },
      control(setting, { id, disabled, "aria-label": setting.shape === "bool" ? setting.path : null, "aria-describedby": `${id}-help ${id}-problem`, "aria-invalid": () => (problemOf(setting) ? "true" : null) }),
      h("p", { id: `${id}-problem`, class: "problem", role: "alert" }, () => (problemOf(setting) ? [icon("warn", { size: 14 }), " ", ticked(problemOf(setting))] : null)),
      h("div", { class: "setting-foot" }, () => foot(setting, fixed, disabled)),
    ),
  );
}

const name = (setting) => h("code", {}, setting.key);

function marks(setting) {
  return [
    isChanged(setting) ? badge("wait", t("settings.changed")) : null,
    view().waiting.includes(setting.path) ? badge("warn", t("settings.waits")) : null,
    setting.needs_restart ? h("span", { class: "soft setting-restart" }, icon("wait", { size: 14 }), t("settings.needs_restart")) : null,
  ];
}

// Their inputs show what they take.
const PLAIN = new Set(["bool", "choice"]);

/** What it would be by itself, and who says otherwise. */
function origin(setting) {
  const worded = !setting.secret && setting.shape !== "tables";
  if (setting.set_by === "default") return [worded ? t("settings.default_used", { value: shown(setting.default) }) : t("settings.unset")];
  return [worded ? `${t("settings.default")}: ${shown(setting.default)}` : "", t(view().file ? "settings.by_file" : "settings.by_start")];
}

function foot(setting, fixed, disabled) {
  if (fixed) return h("span", { class: "soft" }, icon("lock", { size: 14 }), " ", t("settings.by_environment"));
  if (!mayChange(setting.path)) return h("span", { class: "soft" }, icon("lock", { size: 14 }), " ", t("settings.owners_only"));
  const kind = PLAIN.has(setting.shape) ? "" : said(setting.kind);
  const button = (word, act) => h("button", { type: "button", class: "link", onclick: act }, t(word));
  return [
    h("span", { class: "soft" }, [kind, ...origin(setting)].filter(Boolean).join(" · ")),
    disabled ? null : isChanged(setting) ? button("settings.undo", () => undo(setting)) : setting.set_by === "file" && !setting.path.startsWith("source.") ? button("settings.to_default", () => change(setting, null)) : null,
  ];
}
