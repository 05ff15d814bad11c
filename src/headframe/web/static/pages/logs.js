// The log, live.
//
// Responsible for: the page: filters, freezing, redaction, download; asking for what is new.
// Not responsible for: drawing thousands of lines (pages/logs/lines.js), keeping the log (the server).

import { complain } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { api, query } from "../core/api.js";
import { h } from "../core/dom.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { setSearch } from "../core/router.js";
import { effect, every, onEnd, signal, untracked } from "../core/signals.js";
import { lines } from "./logs/lines.js";

const LEVELS = ["debug", "info", "warning", "error"];
const AT_ONCE = 1000;
const KEPT = 5000;
const PAUSE_MS = 250;

export const title = () => t("core.nav_logs");

export function page(_, search) {
  const ask = Object.fromEntries(["level", "event", "worker", "source", "text"].map((name) => [name, signal(search.get(name) ?? (name === "level" ? "info" : ""))]));
  const redact = signal(true);
  const frozen = signal(false);
  const entries = signal([]);
  const known = signal({ events: [], sources: [], missed: false, loading: true });
  const values = () => ({ ...Object.fromEntries(Object.entries(ask).map(([name, value]) => [name, value()])), redact: redact() });
  let after = null;
  let turn = 0;
  let asking = false;

  const begin = async () => {
    const mine = ++turn;
    const found = await api.get(query("logs", { ...untracked(values), limit: AT_ONCE }));
    if (mine !== turn) return;
    after = found.last_id;
    known.set({ events: found.events, sources: found.sources, missed: false, loading: false });
    entries.set(found.entries);
  };
  const goOn = async () => {
    if (after === null || asking || frozen.peek()) return;
    const mine = turn;
    asking = true;
    try {
      const found = await api.get(query("logs", { ...untracked(values), after, limit: AT_ONCE }));
      if (mine !== turn) return;
      after = found.last_id;
      if (found.missed) known.set({ ...known.peek(), missed: true });
      if (found.entries.length) entries.set([...entries.peek(), ...found.entries].slice(-KEPT));
    } finally {
      asking = false;
    }
  };
  // All that the server remembers, page by page from the beginning.
  const all = async () => {
    const mine = ++turn;
    let [from, whole] = [0, []];
    for (;;) {
      const found = await api.get(query("logs", { ...untracked(values), after: from, limit: AT_ONCE }));
      if (mine !== turn) return;
      whole = [...whole, ...found.entries].slice(-KEPT);
      if (found.last_id <= from) break;
      from = found.last_id;
      if (found.entries.length < AT_ONCE) break;
    }
    after = from;
    entries.set(whole);
  };

  let timer = null;
  effect(() => {
    const now = values();
    clearTimeout(timer);
    timer = setTimeout(() => begin().catch(complain), PAUSE_MS);
    untracked(() => setSearch({ ...now, level: now.level === "info" ? "" : now.level, redact: "" }));
  });
  onEnd(() => clearTimeout(timer));
  every(2, () => goOn().catch(() => {}), { later: true }); // a lost connection is said by the frame

  return [
    h("header", { class: "page-head" }, h("h1", {}, () => t("logs.title")), h("div", { class: "actions" }, freeze(frozen), download(values))),
    filters(ask, known, redact),
    () => (known().missed ? h("p", { class: "note" }, t("logs.missed")) : null),
    h(
      "div",
      { class: "logs-foot soft" },
      h("span", { role: "status" }, () => (known().loading ? t("logs.loading") : t("logs.shown", { count: entries().length, shown: count(entries().length) }))),
      h("button", { type: "button", class: "link", onclick: () => all().catch(complain) }, () => t("logs.all")),
    ),
    lines(entries, { frozen, empty: () => (known().loading ? "" : t("logs.none")) }),
  ];
}

const freeze = (frozen) =>
  h("button", { type: "button", "aria-pressed": () => String(frozen()), class: () => (frozen() ? "primary" : ""), onclick: () => frozen.set(!frozen.peek()) }, () => [icon(frozen() ? "play" : "pause", { size: 16 }), t(frozen() ? "logs.go_on" : "logs.freeze")]);

const download = (values) =>
  h("a", { class: "button", download: "headframe-log.zip", href: () => `/api/v1/${query("logs/download", values())}` }, icon("download", { size: 16 }), () => t("logs.download"));

function filters(ask, known, redact) {
  const picked = (name, words, label) =>
    h(
      "label",
      {},
      h("span", { class: "soft" }, label),
      h("select", { onchange: (e) => ask[name].set(e.target.value) }, () => words().map(([value, word]) => h("option", { value, selected: untracked(ask[name]) === value }, word))),
    );
  const typed = (name, label) => h("label", {}, h("span", { class: "soft" }, label), h("input", { type: "search", spellcheck: "false", autocomplete: "off", maxlength: 128, value: untracked(ask[name]), oninput: (e) => ask[name].set(e.target.value.trim()) }));
  const withAll = (list, chosen) => [["", t("logs.every")], ...[...new Set(chosen ? [chosen, ...list] : list)].sort().map((word) => [word, word])];
  return h(
    "div",
    { class: "log-filters", role: "search", "aria-label": () => t("logs.filters") },
    picked("level", () => LEVELS.map((level) => [level, t(`logs.from_${level}`)]), () => t("logs.level")),
    picked("event", () => withAll(known().events, untracked(ask.event)), () => t("logs.event")),
    picked("source", () => withAll(known().sources, untracked(ask.source)), () => t("logs.source")),
    typed("worker", () => t("logs.worker")),
    typed("text", () => t("logs.text")),
    h(
      "label",
      { class: "toggle" },
      h("input", { type: "checkbox", checked: redact, onchange: (e) => redact.set(e.target.checked) }),
      h("span", {}, () => t("logs.redact")),
    ),
  );
}
