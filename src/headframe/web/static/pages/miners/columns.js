// The columns of the miners' table.
//
// Responsible for: what stands in each column and how it sorts.
// Not responsible for: the table.

import { h, show } from "../../core/dom.js";
import { ago, count, difficulty, duration, hashrate, percent, serverNow, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { sourceColor } from "../../parts/chart-colors.js";
import { icon } from "../../parts/icon.js";
import { sparkline } from "../../parts/sparkline.js";
import { nameOf, rejectsOf, stateBadge, worst } from "./words.js";
import { sparkOf } from "./sparks.js";

const rate = (window) => ({
  id: window,
  title: () => t(`miners.col_${window}`),
  sort: window,
  width: 78,
  rank: { h1h: 1, h5m: 4, h24h: 6 }[window],
  end: true,
  card: window === "h24h" ? null : "line",
  // Without a share nothing is known; who is away and gave nothing meanwhile is at nothing.
  cell: (row) => () => (row().first_seen_ms === null ? unknown() : row().state === "offline" && !row().hashrate[window] ? "–" : hashrate(row().hashrate[window])),
});

const unknown = () => h("span", { class: "soft", title: t("miners.not_known_yet") }, t("core.unknown"));

const dot = (name) => h("span", { class: "source-dot", style: () => ({ "--dot": sourceColor(name) }) });

export const sourceNames = (row) =>
  show(
    () => row().sources.join("\n"),
    (names) => (names ? names.split("\n").map((name) => h("span", { class: "source-name", title: name }, dot(name), name)) : "–"),
  );

export const COLUMNS = [
  {
    id: "name",
    title: () => t("miners.col_name"),
    sort: "alias",
    first: "ascending",
    width: 120,
    grow: 3,
    always: true,
    card: "title",
    cell: (row, { tab }) => [
      h("a", { href: () => `/miners/${row().key}`, class: "table-link", tabindex: tab, title: () => nameOf(row()) }, h("bdi", {}, () => nameOf(row()))),
      show(
        () => row().pinned_to,
        (to) => (to ? h("span", { class: "pinned", title: t("miners.pinned_to", { source: to }) }, icon("pin", { size: 14, label: t("miners.pinned_to", { source: to }) })) : null),
      ),
    ],
  },
  {
    id: "state",
    title: () => t("miners.col_state"),
    sort: "state",
    first: "ascending",
    width: 98,
    always: true,
    card: "badge",
    cell: (row) => show(() => row().state, (state) => stateBadge(state)),
  },
  { id: "source", title: () => t("miners.col_source"), width: 106, rank: 2, grow: 1, card: "line", cell: sourceNames },
  rate("h5m"),
  rate("h1h"),
  rate("h24h"),
  {
    id: "spark",
    title: () => t("miners.col_spark"),
    width: 82,
    rank: 8,
    cell: (row) => sparkline(() => sparkOf(row().key), { width: 78, height: 26 }),
  },
  { id: "difficulty", title: () => t("miners.col_difficulty"), sort: "difficulty", width: 76, rank: 9, end: true, cell: (row) => () => (row().difficulty === null ? "–" : difficulty(row().difficulty)) },
  { id: "shares", title: () => t("miners.col_shares"), hint: () => t("miners.col_ever_hint"), sort: "accepted", width: 62, rank: 10, end: true, cell: (row) => () => count(row().accepted) },
  {
    id: "rejects",
    title: () => t("miners.col_rejects"),
    hint: () => t("miners.col_ever_hint"),
    sort: "reject_share",
    width: 66,
    rank: 3,
    end: true,
    card: "line",
    cell: (row) => h("span", { class: () => (row().state === "rejecting" ? "text-bad" : ""), title: () => worst(row().refusals, 4) }, () => percent(rejectsOf(row()))),
  },
  { id: "why", title: () => t("miners.col_why"), width: 150, grow: 1, off: true, cell: (row) => () => worst(row().refusals, 1) || "–" },
  { id: "best_today", title: () => t("miners.col_best_today"), sort: "best_difficulty_today", width: 76, end: true, off: true, cell: (row) => () => difficulty(row().best_difficulty_today) },
  { id: "best", title: () => t("miners.col_best"), sort: "best_difficulty", width: 66, rank: 7, end: true, cell: (row) => () => difficulty(row().best_difficulty) },
  {
    id: "last",
    title: () => t("miners.col_last"),
    sort: "last_share_ms",
    width: 92,
    rank: 5,
    card: "line",
    cell: (row) => h("span", { title: () => time(row().last_share_ms) }, () => ago(row().last_share_ms)),
  },
  { id: "firmware", title: () => t("miners.col_firmware"), sort: "firmware", first: "ascending", width: 96, rank: 11, grow: 3, cell: (row) => h("span", { title: () => row().firmware }, h("bdi", {}, () => row().firmware || t("core.unknown"))) },
  { id: "protocol", title: () => t("miners.col_protocol"), sort: "protocol", first: "ascending", width: 76, rank: 13, cell: (row) => () => row().protocol || "–" },
  {
    id: "uptime",
    title: () => t("miners.col_uptime"),
    sort: "connected_ms",
    first: "ascending",
    width: 108,
    rank: 12,
    cell: (row) => h("span", { title: () => (row().connected_ms ? time(row().connected_ms) : null) }, () => (row().connected_ms ? duration(Math.max(0, (serverNow() - row().connected_ms) / 1000)) : "–")),
  },
];

