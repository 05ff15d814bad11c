// Which miners.
//
// Responsible for: the chips and the search, both in the address; what needs somebody stands first and stands out.
// Not responsible for: asking (pages/miners.js).

import { each, h } from "../../core/dom.js";
import { count } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { overview } from "../../core/live.js";
import { search, setSearch } from "../../core/router.js";
import { can } from "../../core/session.js";
import { computed, signal, onEnd } from "../../core/signals.js";
import { icon } from "../../parts/icon.js";
import { COLUMNS } from "./columns.js";
import { KINDS, STATES, stateWord } from "./words.js";

const MOST = 8; // firmwares as chips; the search finds the others
const ICONS = { ok: "ok", warn: "warn", bad: "bad", off: "offline" };

function chip(name, value, number, { word = () => value, kind = null } = {}) {
  const pressed = () => search().getAll(name).includes(value);
  const act = () => {
    const now = search.peek().getAll(name);
    setSearch({ [name]: now.includes(value) ? now.filter((one) => one !== value) : [...now, value] });
  };
  return h(
    "button",
    { type: "button", class: () => ["chip", kind && number() > 0 && !pressed() && `chip-${kind}`], "aria-pressed": () => String(pressed()), onclick: act },
    kind ? icon(ICONS[kind], { size: 14 }) : null,
    h("bdi", {}, word),
    h("span", { class: "chip-count" }, () => count(number())),
  );
}

/** The names in `first`, then the others that have miners as they come up (most first), and those that are asked for; none
 * goes or changes its place while the page is open, or a click would hit its neighbour. */
const named = (name, counts, most, first) => {
  let held = [];
  return computed(() => {
    const all = counts() ?? {};
    const others = Object.keys(all).sort((a, b) => all[b] - all[a] || (a < b ? -1 : 1));
    const room = Math.max(0, most - held.length);
    held = [...new Set([...first(), ...held, ...others.filter((one) => !held.includes(one)).slice(0, room), ...search().getAll(name)])].filter(Boolean);
    return held;
  });
};

function group(label, name, counts, { most = Infinity, first = () => [] } = {}) {
  const names = named(name, counts, most, first);
  return h(
    "div",
    { class: "chips filter-row filter-group", role: "group", "aria-label": label, hidden: () => names().length === 0 },
    h("span", { class: "filter-label soft" }, label),
    each(names, (one) => one, (one) => chip(name, one.peek(), () => counts()?.[one.peek()] ?? 0)),
  );
}

export function filters({ info, sort, onsort }) {
  const text = signal(search.peek().get("text") ?? "");
  let timer = 0;
  const type = (event) => {
    text.set(event.target.value);
    clearTimeout(timer);
    timer = setTimeout(() => setSearch({ text: text.peek().trim() }), 250);
  };
  onEnd(() => clearTimeout(timer));
  const any = () => ["state", "source", "firmware", "text"].some((name) => search().has(name));
  const clear = () => {
    text.set("");
    setSearch({ state: [], source: [], firmware: [], text: "" });
  };
  return h(
    "div",
    { class: "filters" },
    h(
      "div",
      { class: "chips filter-row", role: "group", "aria-label": () => t("miners.by_state") },
      STATES.map((state) => chip("state", state, () => info()?.states[state] ?? 0, { word: () => stateWord(state), kind: KINDS[state] === "ok" ? null : KINDS[state] })),
      h(
        "label",
        { class: "search", hidden: () => !can("view") }, // visitors look at names, not through them
        icon("search", { size: 16 }),
        h("input", { type: "search", "aria-label": () => t("miners.search"), placeholder: () => t("miners.search"), value: text, oninput: type, maxlength: 100 }),
      ),
      h("button", { type: "button", class: "quiet", hidden: () => !any(), onclick: clear }, () => t("miners.clear")),
    ),
    group(() => t("miners.by_source"), "source", () => info()?.sources, { first: () => (overview()?.sources ?? []).map((one) => one.name) }),
    group(() => t("miners.by_firmware"), "firmware", () => info()?.firmwares, { most: MOST }),
    h(
      "label",
      { class: "card-sort" },
      h("span", {}, () => t("miners.sort_by")),
      h("select", { onchange: (e) => onsort(e.target.value, sort().descending) }, COLUMNS.filter((column) => column.sort).map((column) => h("option", { value: column.sort, selected: () => sort().by === column.sort }, column.title))),
      h(
        "button",
        { type: "button", "aria-label": () => t(sort().descending ? "miners.descending" : "miners.ascending"), onclick: () => onsort(sort().by, !sort().descending) },
        () => icon(sort().descending ? "down" : "up", { size: 16 }),
      ),
    ),
  );
}
