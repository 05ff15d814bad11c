// A list of tables as rows that can be edited: fees, feeds, pins.
//
// Responsible for: adding, editing and removing rows; their columns are settings of their own ("pin..worker").
// Not responsible for: whether a row makes sense (the server).

import { icon } from "../../parts/icon.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { said } from "../../core/said.js";
import { computed, untracked } from "../../core/signals.js";
import { change, valueOf, view } from "./draft.js";

const columnsOf = (setting) => view.peek().settings.filter((each) => each.path.startsWith(`${setting.path}..`));

function read(column, text) {
  if (text.trim() === "") return undefined;
  const value = Number(text);
  return (column.shape === "int" || column.shape === "float") && !Number.isNaN(value) ? value : text.trim();
}

export function rows(setting, more) {
  const columns = columnsOf(setting);
  const list = () => valueOf(setting) ?? [];
  const put = (at, key, value) => change(setting, list().map((row, index) => (index === at ? kept({ ...row, [key]: value }) : row)));
  const add = () => change(setting, [...untracked(list), Object.fromEntries(columns.filter((each) => each.choices.length).map((each) => [each.key, each.choices[0]]))]);
  const remove = (at) => change(setting, untracked(list).filter((_, index) => index !== at));
  // Rows are made anew only when their number changes, so that typing keeps its place.
  return h(
    "div",
    { class: "rows", role: "group", id: more.id, "aria-describedby": more["aria-describedby"] },
    show(
      computed(() => list().length),
      (length) => [
        length ? null : h("p", { class: "soft" }, t("settings.no_rows")),
        Array.from({ length }, (_, at) =>
          h(
            "div",
            { class: "row-edit" },
            columns.map((column) => cell(column, () => list()[at]?.[column.key], (value) => put(at, column.key, value), more.disabled)),
            h("button", { type: "button", class: "quiet", disabled: more.disabled, onclick: () => remove(at), "aria-label": t("settings.remove_row", { row: at + 1 }), title: t("settings.remove_row", { row: at + 1 }) }, icon("trash")),
          ),
        ),
      ],
    ),
    h("button", { type: "button", onclick: add, disabled: more.disabled }, icon("plus", { size: 16 }), () => t("settings.add_row")),
  );
}

const kept = (row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined && value !== null));

function cell(column, value, put, disabled) {
  const attributes = { disabled, "aria-label": column.key, title: () => said(column.help) };
  const input = column.choices.length
    ? h(
        "select",
        { ...attributes, onchange: (e) => put(e.target.value) },
        column.choices.map((word) => h("option", { value: word, selected: untracked(value) === word }, word)),
      )
    : h("input", { type: "text", spellcheck: "false", autocomplete: "off", ...attributes, placeholder: () => said(column.kind), value: String(untracked(value) ?? ""), oninput: (e) => put(read(column, e.target.value)) });
  return h("label", { class: "cell" }, h("span", { class: "soft" }, column.key), input);
}
