// The columns of a long table.
//
// Responsible for: which of the columns somebody wants to see, kept in this browser; the dialog to choose them; until
// somebody chose, as many as there is room for.
// Not responsible for: drawing them (parts/table.js).

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { preference } from "../core/preferences.js";
import { signal } from "../core/signals.js";
import { dialog } from "./dialog.js";
import { icon } from "./icon.js";

const GAP = 10; // between two columns

/** As many as fit, in the order of their `rank` (the least first), else from the left. */
function fitting(columns, room) {
  let left = room;
  const ranked = columns.map((column, at) => [column.always ? -1 : (column.rank ?? at), column]).sort(([a], [b]) => a - b);
  const found = new Set();
  for (const [, column] of ranked) {
    if (column.width + GAP > left && !column.always) break;
    left -= column.width + GAP;
    found.add(column);
  }
  return found;
}

/** {chosen: () => columns, room, button: node} of `all` columns; `always` ones cannot be hidden, `off` ones are at first.
 * `room` is a signal that the table sets: the width that it has for columns. */
export function columnsOf(name, all) {
  const room = signal(Infinity);
  // What was hidden and what was asked for, so that a column that a later version brings shows as it means to.
  const kept = preference(`table.${name}`, {});
  const chosen = () => {
    const fits = fitting(all.filter((column) => !column.off), room());
    return all.filter((column) => column.always || (kept()[column.id] ?? fits.has(column)));
  };
  // Who chooses one has chosen all: no other leaves to make room for it; the table can be scrolled then.
  const choose = (column, on) => {
    const now = chosen();
    kept.set({ ...Object.fromEntries(all.map((each) => [each.id, now.includes(each)])), ...kept.peek(), [column.id]: on });
  };
  const line = (column) =>
    h(
      "label",
      { class: "toggle" },
      h("input", { type: "checkbox", checked: () => chosen().includes(column), onchange: (e) => choose(column, e.target.checked) }),
      h("span", {}, column.title),
    );
  const ask = () =>
    dialog(t("core.table_columns"), () => [
      h("p", { class: "soft" }, t("core.table_columns_help")),
      h("div", { class: "table-columns" }, all.filter((column) => !column.always).map(line)),
    ]);
  return {
    chosen,
    room,
    button: () => h("button", { type: "button", class: "table-columns-button", onclick: ask }, icon("settings", { size: 16 }), () => t("core.table_columns")),
  };
}
