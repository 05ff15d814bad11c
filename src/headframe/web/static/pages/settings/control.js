// One setting as an input of its shape.
//
// Responsible for: inputs for truth values, numbers, texts, choices, secrets, lists and tables of texts.
// Not responsible for: lists of tables (pages/settings/rows.js), what is allowed (the server checks).

import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { change, isChanged, valueOf } from "./draft.js";
import { rows } from "./rows.js";

const lines = (text) => text.split("\n").map((each) => each.trim()).filter(Boolean);

/** A number if it is one; else as it was typed, for the server to say what is wrong with it. */
function numberOf(text) {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return null;
  const value = Number(plain);
  return Number.isNaN(value) ? text : value;
}

const CONTROLS = {
  bool: (setting, more) =>
    h(
      "label",
      { class: "toggle" },
      h("input", { type: "checkbox", ...more, checked: () => valueOf(setting) === true, onchange: (e) => change(setting, e.target.checked) }),
      h("span", {}, () => t(valueOf(setting) ? "core.on" : "core.off")),
    ),
  choice: (setting, more) =>
    h(
      "select",
      { ...more, onchange: (e) => change(setting, e.target.value) },
      setting.choices.map((word) => h("option", { value: word, selected: () => valueOf(setting) === word }, word)),
    ),
  int: (setting, more) => typed(setting, more, { inputmode: "numeric", class: "short" }, numberOf),
  float: (setting, more) => typed(setting, more, { inputmode: "decimal", class: "short" }, numberOf),
  text: (setting, more) => typed(setting, more, {}, (text) => text.trim() || null),
  secret: (setting, more) =>
    h("input", {
      type: "password",
      autocomplete: "new-password",
      ...more,
      placeholder: () => t(setting.value === null ? "settings.secret_unset" : "settings.secret_set"),
      value: () => (isChanged(setting) ? (valueOf(setting) ?? "") : ""),
      oninput: (e) => change(setting, e.target.value === "" ? setting.value : e.target.value),
    }),
  list: (setting, more) =>
    area(setting, more, (value) => (value ?? []).join("\n"), lines, () => t("settings.one_per_line")),
  table: (setting, more) =>
    area(
      setting,
      more,
      (value) => Object.entries(value ?? {}).map(([name, each]) => `${name} = ${each}`).join("\n"),
      (text) => Object.fromEntries(lines(text).map((line) => splitOnce(line))),
      () => t("settings.name_value"),
    ),
  tables: (setting, more) => rows(setting, more),
};

function splitOnce(line) {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

// What is typed stays as typed while it has the focus: a value that follows it back would move the cursor.
function follow(element, text) {
  return () => {
    const wanted = text();
    return element() === document.activeElement ? element().value : wanted;
  };
}

function typed(setting, more, attributes, read) {
  let self = null;
  return h("input", {
    type: "text",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "none",
    ...attributes,
    ...more,
    ref: (element) => (self = element),
    placeholder: setting.default === null ? () => t("settings.unset") : String(setting.default),
    value: follow(() => self, () => String(valueOf(setting) ?? "")),
    oninput: (e) => change(setting, read(e.target.value)),
  });
}

function area(setting, more, write, read, hint) {
  let self = null;
  return [
    h("textarea", {
      rows: Math.min(8, Math.max(2, write(setting.value).split("\n").length)),
      spellcheck: "false",
      class: "mono",
      ...more,
      ref: (element) => (self = element),
      value: follow(() => self, () => write(valueOf(setting))),
      oninput: (e) => change(setting, read(e.target.value)),
    }),
    h("p", { class: "soft hint" }, hint),
  ];
}

/** The input of a setting; `more` are its attributes (id, aria, disabled). */
export const control = (setting, more) => (CONTROLS[setting.shape] ?? CONTROLS.text)(setting, more);
