// What changed, for reading.
//
// Responsible for: two values (settings, accounts: whatever JSON has) as rows of path, before and after; only what differs.
// Not responsible for: where they come from.

import { h } from "../core/dom.js";
import { time } from "../core/format.js";
import { t } from "../core/i18n.js";

const isPlain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const inWords = (row) => Object.entries(row).map(([name, value]) => `${name} ${shown(value, name)}`).join(", ");
const MAX_ROWS = 200;

/** A value as text: "none" for nothing, lists with commas, times as times. `path` is where it stands. */
export function shown(value, path = "") {
  if (value === null || value === undefined) return t("core.none");
  if (typeof value === "number" && path.endsWith("_ms") && value > 1e12) return time(value);
  if (typeof value === "boolean") return t(value ? "core.on" : "core.off");
  if (Array.isArray(value) && value.every((each) => each === null || typeof each !== "object")) return value.length ? value.join(", ") : t("core.none");
  if (Array.isArray(value) && value.every(isPlain)) return value.map(inWords).join(" · ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** [[path, before, after]] of what differs. */
export function differences(before, after, path = "") {
  if (JSON.stringify(before ?? null) === JSON.stringify(after ?? null)) return [];
  if (!isPlain(before ?? {}) || !isPlain(after ?? {})) return [[path, before, after]];
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names.flatMap((name) => differences(before?.[name], after?.[name], path ? `${path}.${name}` : name));
}

// Paths are the file's own names unless somebody knows better.
const AS_IS = { name: (path) => (path ? h("code", {}, path) : null), value: (path, value) => shown(value, path) };

/** A table of what differs; `note(path)` may add a mark to a row, `name(path)` and `value(path, value)` word it. Null when
 *  nothing differs. */
export function diffTable(before, after, { note = () => null, name = AS_IS.name, value = AS_IS.value } = {}) {
  const rows = differences(before, after);
  if (!rows.length) return null;
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": () => t("core.changes") },
    h(
      "table",
      { class: "diff" },
      h("thead", {}, h("tr", {}, h("th", {}, () => t("core.what")), h("th", {}, () => t("core.before")), h("th", {}, () => t("core.after")))),
      h(
        "tbody",
        {},
        rows.slice(0, MAX_ROWS).map(([path, was, is]) =>
          h("tr", {}, h("td", {}, name(path) ?? "–", " ", note(path)), h("td", { class: "diff-before" }, h("del", {}, value(path, was))), h("td", { class: "diff-after" }, h("ins", {}, value(path, is)))),
        ),
      ),
    ),
    rows.length > MAX_ROWS ? h("p", { class: "soft" }, () => t("core.more_rows", { count: rows.length - MAX_ROWS })) : null,
  );
}

/** The same in few words, for few changes: "role viewer -> operator". Null when nothing differs. */
export function diffList(before, after, { name = AS_IS.name, value = AS_IS.value } = {}) {
  const rows = differences(before, after);
  if (!rows.length) return null;
  const isNew = (one) => one === null || one === undefined;
  return h(
    "ul",
    { class: "diff diff-list" },
    rows.map(([path, was, is]) => h("li", {}, name(path), isNew(was) ? null : [h("del", {}, value(path, was)), h("span", { class: "soft", "aria-hidden": "true" }, "→")], h("ins", {}, value(path, is)))),
  );
}
