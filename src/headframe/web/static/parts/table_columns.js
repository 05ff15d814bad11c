// The columns of a long table.
//
// Responsible for: which of the columns somebody wants to see, kept in this browser; the dialog to choose them.
// Not responsible for: drawing them (parts/table.js).

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { preference } from "../core/preferences.js";
import { dialog } from "./dialog.js";
import { icon } from "./icon.js";

/** {chosen: () => columns, button: node} of `all` columns; `always` ones cannot be hidden, `off` ones are at first. */
export function columnsOf(name, all) {
  // What was hidden and what was asked for, so that a column that a later version brings shows as it means to.
  const kept = preference(`table.${name}`, {});
  const wanted = (column) => column.always || (kept()[column.id] ?? !column.off);
  const choose = () =>
    dialog(t("core.table_columns"), () =>
      h(
        "div",
        { class: "table-columns" },
        all
          .filter((column) => !column.always)
          .map((column) =>
            h(
              "label",
              { class: "toggle" },
              h("input", { type: "checkbox", checked: () => wanted(column), onchange: (e) => kept.set({ ...kept.peek(), [column.id]: e.target.checked }) }),
              h("span", {}, column.title),
            ),
          ),
      ),
    );
  return {
    chosen: () => all.filter(wanted),
    button: () => h("button", { type: "button", class: "table-columns-button", onclick: choose }, icon("settings", { size: 16 }), () => t("core.table_columns")),
  };
}
