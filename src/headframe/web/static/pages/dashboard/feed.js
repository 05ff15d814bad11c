// What happened.
//
// Responsible for: the last events, newest first, growing as they come.
// Not responsible for: their words (words.js).

import { api, query } from "../../core/api.js";
import { each, h } from "../../core/dom.js";
import { ago, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { on } from "../../core/live.js";
import { every, signal } from "../../core/signals.js";
import { complain } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { eventWords } from "./words.js";

const KEPT = 40;
const KINDS = ["session", "move", "source", "job", "block", "alert", "command"];
const ICONS = { session: "miners", move: "right", source: "sources", job: "node", block: "blocks", alert: "warn", command: "account" };

/** The latest events as a signal; `kinds` are those of the stream. */
export function latest(kept = KEPT, kinds = KINDS) {
  const events = signal([]);
  const merge = (more) => {
    const known = new Map([...events.peek(), ...more].map((event) => [event.id, event]));
    events.set([...known.values()].sort((a, b) => b.time_ms - a.time_ms).slice(0, kept));
  };
  const ask = () => api.get(query("activity", { limit: kept })).then((found) => merge(found.filter((event) => kinds.includes(event.kind))), complain);
  for (const kind of kinds) on(kind, (event) => merge([event]));
  on("reset", ask);
  ask();
  return events;
}

/** A signal that changes every ten seconds, for ages in words. */
export function clock() {
  const now = signal(Date.now());
  every(10, () => now.set(Date.now()));
  return now;
}

export function feed() {
  const events = latest();
  const now = clock();
  return h(
    "section",
    { class: "card feed-card" },
    h("header", {}, h("h2", {}, () => t("dashboard.feed"))),
    h("ol", { class: "feed", tabindex: "0", "aria-label": () => t("dashboard.feed") }, each(events, (event) => event.id, (event) => line(event, now))),
    () => (events().length ? null : h("p", { class: "soft" }, t("dashboard.feed_none"))),
  );
}

function line(event, now) {
  const { kind, fields, time_ms } = event.peek();
  const words = () => eventWords(event());
  return h(
    "li",
    { class: ["feed-line", `feed-${kind}`] },
    icon(ICONS[kind] ?? "about", { size: 16 }),
    fields.key ? h("a", { href: `/miners/${encodeURIComponent(fields.key)}` }, words) : h("span", {}, words),
    h("time", { class: "soft number", datetime: new Date(time_ms).toISOString(), title: () => time(time_ms) }, () => (now(), ago(time_ms))),
  );
}
