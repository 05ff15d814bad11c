// Long tables.
//
// Responsible for: drawing only the rows that are in view, sorting by the head, keys, choosing rows; rows as cards on phones.
// Not responsible for: fetching rows (parts/table_window.js), which columns are chosen (parts/table_columns.js).
//
//   table({ label, data, columns, sort, onsort, key, href, chosen, id, mark })
//     label    () => what it lists
//     data     as parts/table_window.js makes it
//     room     a signal that is told the width there is for columns, in their units
//     columns  () => [{ id, title: () => text, cell: (row signal) => child, width: px at least, grow: 0.., end: true (right),
//              sort: name for `onsort`, first: "ascending" where the first click sorts up, card: "title"|"badge"|"line" }]
//              `cell` is called once for a row; what it gives is live by reading `row()`
//     sort     () => { by, descending };  onsort  (by, descending) => …
//     href     (row) => where Enter and a click lead, or null
//     chosen   a signal of Map key -> row, for rows that can be chosen; null: they cannot
//     id       keeps the scroll while the visit lasts
//     mark     (row) => "bad" | "warn" | "" for the edge of a row
//     renew    seconds between newer values; while somebody points at the rows they keep their order

import { each, h, show } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { computed, effect, every, onEnd, signal } from "../core/signals.js";
import { icon } from "./icon.js";
import { keysOf } from "./table_keys.js";
import { viewOf } from "./table_view.js";

const CHECK = 34;
const GAPS = 10;
const PADDING = 20; // of a row
// As wide as the letters are: the page has 15 pixels to a rem, a wall more.
const rem = (pixels) => `${(pixels / 15).toFixed(3)}rem`;
const cards = matchMedia("(max-width: 760px)");

function headCell(column, sort, onsort) {
  const sorted = () => column.sort && sort().by === column.sort;
  const act = () => onsort(column.sort, sorted() ? !sort().descending : column.first !== "ascending");
  return h(
    "div",
    {
      role: "columnheader",
      class: ["table-cell", column.end && "table-end"],
      title: column.hint,
      "aria-sort": () => (sorted() ? (sort().descending ? "descending" : "ascending") : column.sort ? "none" : null),
    },
    column.sort
      ? h("button", { type: "button", class: "table-sort", onclick: act }, h("span", {}, column.title), () => (sorted() ? icon(sort().descending ? "down" : "up", { size: 14 }) : null))
      : h("span", {}, column.title),
  );
}

function check(key, row, chosen, tab) {
  const set = (event) => {
    const next = new Map(chosen.peek());
    if (event.target.checked) next.set(key(row.peek()), row.peek());
    else next.delete(key(row.peek()));
    chosen.set(next);
  };
  return h(
    "div",
    { role: "gridcell", class: "table-cell table-check", "data-label": () => t("core.table_choose_short") },
    h("input", {
      type: "checkbox",
      tabindex: tab,
      "aria-label": () => t("core.table_choose"),
      checked: () => chosen().has(key(row())),
      onchange: set,
    }),
  );
}

/** The signal of a row that, once it was known, never is unknown again: what is shown stays until something newer is here. */
function rowOf(data, index) {
  const held = signal(data.at(index));
  effect(() => {
    const now = data.at(index);
    if (now !== undefined) held.set(now);
  });
  return held;
}

export function table({ label, data, columns: asked, sort, onsort, room = null, key = (row) => row.key, href = null, chosen = null, id = "", mark = () => "", renew = 0 }) {
  const asCards = signal(cards.matches);
  const change = () => asCards.set(cards.matches);
  cards.addEventListener("change", change);
  onEnd(() => cards.removeEventListener("change", change));
  const measure = () => {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;
    room?.set(asCards() ? Infinity : (box.clientWidth - PADDING) / unit - (chosen ? CHECK + GAPS : 0) + GAPS);
  };
  const watch = new ResizeObserver(measure);
  effect(() => asCards() && room?.set(Infinity));
  onEnd(() => watch.disconnect());
  const columns = computed(asked);
  // What the cards are sorted by stands on them.
  const cardOf = (column) => column.card ?? (column.sort && sort().by === column.sort ? "line" : "none");
  const height = () => (asCards() ? 48 + 26 * Math.max(1, Math.ceil((columns().filter((each) => cardOf(each) === "line").length + (chosen ? 1 : 0)) / 2)) : 42);

  let box;
  let body;
  const view = viewOf({ box: () => box, body: () => body, count: data.count, height, id });
  effect(() => data.want(...view.range()));
  effect(() => data.resets() && view.top());
  if (renew) every(renew, () => data.renew(view.hovered.peek() || view.focused.peek()), { later: true });
  const active = signal(0);
  const keys = keysOf({ active, view, count: data.count, at: data.at, href, toggle: chosen ? toggle : null, body: () => body });
  effect(() => {
    const count = data.count();
    if (count !== null && active.peek() >= count) active.set(Math.max(0, count - 1));
  });

  function toggle(row) {
    const next = new Map(chosen.peek());
    if (!next.delete(key(row))) next.set(key(row), row);
    chosen.set(next);
  }

  const template = computed(() => {
    const wide = columns().map((each) => `minmax(${rem(each.width)}, ${each.grow ?? 0}fr)`);
    const least = columns().reduce((sum, each) => sum + each.width + GAPS, chosen ? CHECK + GAPS : 0);
    return { "--columns": `${chosen ? `${CHECK}px ` : ""}${wide.join(" ")}`, "--least": rem(least) };
  });
  const first = () => columns().find((each) => each.card === "title");

  function line(item) {
    const index = item.peek();
    const row = rowOf(data, index);
    const known = computed(() => row() !== undefined);
    const tab = () => (active() === index ? "0" : "-1");
    const open = (event) => {
      if (event.target.closest("a, button, input, label") || !href || !row.peek() || String(getSelection())) return;
      go(href(row.peek()));
    };
    return h(
      "div",
      {
        role: "row",
        class: () => ["table-row", index % 2 && "table-odd", row() && mark(row()) && `table-mark-${mark(row())}`, chosen && row() && chosen().has(key(row())) && "table-chosen"],
        "aria-rowindex": index + 2,
        "aria-selected": chosen ? () => String(Boolean(row() && chosen().has(key(row())))) : null,
        tabindex: tab,
        style: () => ({ "--at": `${index * height()}px` }),
        onclick: open,
        onfocusin: () => active.set(index),
      },
      show(
        () => [known(), columns()],
        () =>
          known.peek()
            ? [
                chosen ? check(key, row, chosen, tab) : null,
                columns().map((column) =>
                  h(
                    "div",
                    { role: "gridcell", class: () => ["table-cell", column.end && "table-end", `table-card-${cardOf(column)}`], "data-label": column.title },
                    column.cell(row, { tab }),
                  ),
                ),
              ]
            : h("div", { role: "gridcell", class: "table-cell table-wait" }, "…"),
      ),
    );
  }

  const everything = () => data.count() !== null && data.count() > 0 && chosen().size >= data.count();
  const shown = computed(() => {
    const [from, to] = view.range();
    const last = Math.min(to, (data.count() ?? 0) - 1);
    const found = [];
    // The row with the focus stays, wherever the view goes: else the focus would be lost.
    if (active() < from && view.focused()) found.push(active());
    for (let at = from; at <= last; at++) found.push(at);
    if (active() > last && active() < (data.count() ?? 0) && view.focused()) found.push(active());
    return found;
  });
  const all = async (event) => chosen.set(event.target.checked ? new Map((await data.all(500)).map((row) => [key(row), row])) : new Map());

  return h(
    "div",
    { class: () => ["table-box", asCards() && "table-cards"], ref: (node) => watch.observe((box = node)), style: template },
    h(
      "div",
      {
        role: "grid",
        class: "table",
        "aria-label": label,
        "aria-rowcount": () => (data.count() === null ? -1 : data.count() + 1),
        "aria-multiselectable": chosen ? "true" : null,
        "aria-busy": () => (data.count() === null ? "true" : null),
      },
      h(
        "div",
        { role: "rowgroup", class: "table-head" },
        h("div", { role: "row", "aria-rowindex": 1, class: "table-row-head" }, () => [
          chosen
            ? h(
                "div",
                { role: "columnheader", class: "table-cell table-check" },
                h("input", { type: "checkbox", "aria-label": () => t("core.table_choose_all"), checked: everything, indeterminate: () => chosen().size > 0 && !everything(), onchange: all }),
              )
            : null,
          columns().map((column) => headCell(column, sort, onsort)),
        ]),
      ),
      h(
        "div",
        {
          role: "rowgroup",
          class: "table-body",
          ref: (node) => (body = node),
          style: () => ({ "--all": `${(data.count() ?? 0) * height()}px`, "--row": `${height()}px` }),
          onkeydown: keys,
          onpointerenter: () => view.hovered.set(true),
          onpointerleave: () => view.hovered.set(false),
          onfocusin: () => view.focused.set(true),
          onfocusout: (event) => view.focused.set(body.contains(event.relatedTarget)),
        },
        each(shown, (index) => index, line),
      ),
    ),
  );
}
