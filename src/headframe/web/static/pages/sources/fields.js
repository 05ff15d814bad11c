// Settings of a source as fields.
//
// Responsible for: one field for each setting, by its shape; what was changed, as the server takes it.
// Not responsible for: which settings there are (GET settings), whether they are right (the server).

import { h } from "../../core/dom.js";
import { has, t } from "../../core/i18n.js";
import { said } from "../../core/said.js";
import { signal } from "../../core/signals.js";
import { choice, field, text, toggle } from "../../parts/form.js";

const FIRST = ["url", "rpc", "user", "wallet", "password", "cookie_file", "weight"];

/** In words, with the key as the file has it, so that both can be found. */
function labelOf(key) {
  if (!has(`sources.field.${key}`)) return key;
  const word = t(`sources.field.${key}`);
  return word.toLowerCase() === key ? word : t("sources.field_label", { word, key });
}

/** As it stands in a field. */
function shown(setting, value) {
  if (value === null || value === undefined || setting.secret) return "";
  if (setting.shape === "list") return value.join("\n");
  if (setting.shape === "table" || setting.shape === "tables") return JSON.stringify(value);
  return String(value);
}

/** As the server takes it; null takes the setting out. What is no number is sent as it is: the server says why not. */
function given(setting, said) {
  const plain = said.trim();
  if (setting.shape === "bool") return said === "true";
  if (plain === "") return null;
  if (setting.shape === "int" || setting.shape === "float") {
    const number = Number(plain);
    return Number.isFinite(number) ? number : plain;
  }
  if (setting.shape === "list") return plain.split(/[\n,]+/).map((each) => each.trim()).filter(Boolean);
  return plain;
}

function control(setting, value, had) {
  const hint = setting.secret ? (had ? t("sources.secret_kept") : "") : setting.default === null || setting.default === undefined ? "" : shown(setting, setting.default);
  if (setting.shape === "choice") return choice(value, [["", t("sources.default_is", { value: shown(setting, setting.default) })], ...setting.choices.map((each) => [each, each])]);
  if (setting.shape === "list") return (attributes) => h("textarea", { ...attributes, rows: 2, placeholder: hint, value, oninput: (e) => value.set(e.target.value), spellcheck: "false" });
  const number = setting.shape === "int" || setting.shape === "float";
  return text(value, { type: setting.secret ? "password" : "text", inputmode: number ? "decimal" : null, autocomplete: setting.secret ? "new-password" : "off", placeholder: hint, spellcheck: "false" });
}

/** Something live beside an input. */
const beside = (input, note) => (attributes) => h("div", { class: "field-beside" }, input(attributes), h("span", { class: "soft" }, note));

/** Fields for these settings. Gives {nodes(problem), more(problem), changed()}: the important ones, the rest, {key: value}.
 *  `suggested` stands there at first as if it had been entered. `notes`: what stands beside a field, {key: (typed) => words},
 *  live; `typed(key)` is what another field says now. */
export function fieldsOf(settings, values = {}, suggested = {}, notes = {}) {
  const rows = settings
    .filter((one) => !["name", "kind"].includes(one.key))
    .map((setting) => {
      const had = values[setting.key];
      const first = shown(setting, setting.shape === "bool" ? (had ?? setting.default ?? false) : had);
      return { setting, had: had !== null && had !== undefined, first, value: signal(suggested[setting.key] ?? first) };
    });
  const typed = (key) => {
    const one = rows.find((row) => row.setting.key === key);
    return one ? one.value().trim() || shown(one.setting, one.setting.default) : "";
  };
  const important = (one) => FIRST.includes(one.setting.key);
  const order = (one) => FIRST.indexOf(one.setting.key);
  const draw = (problem) => (one) => {
    const { setting, value } = one;
    if (setting.shape === "bool") {
      const on = signal(value.peek() === "true");
      const both = Object.assign(() => on(), { set: (now) => (on.set(now), value.set(String(now))), peek: on.peek });
      return h("div", { class: "field field-wide" }, toggle(both, labelOf(setting.key)), h("p", { class: "help" }, () => said(setting.help)), h("p", { class: "problem", role: "alert" }, problem(setting.key)));
    }
    const input = control(setting, value, one.had);
    const note = notes[setting.key];
    return field({ label: labelOf(setting.key), help: () => said(setting.help), wide: true, problem: problem(setting.key), control: note ? beside(input, () => note(typed)) : input });
  };
  return {
    nodes: (problem) => rows.filter(important).sort((a, b) => order(a) - order(b)).map(draw(problem)),
    more: (problem) => rows.filter((one) => !important(one)).map(draw(problem)),
    changed: () =>
      Object.fromEntries(
        rows
          .filter((one) => one.value.peek() !== one.first)
          .map((one) => [one.setting.key, given(one.setting, one.value.peek())]),
      ),
  };
}
