// Whose hash was best.
//
// Responsible for: the best share of each miner, today and ever, against what a block needs.
// Not responsible for: who earns what: a lucky hash is not work.

import { each, h } from "../core/dom.js";
import { ago, count, difficulty, percent, time } from "../core/format.js";
import { t } from "../core/i18n.js";
import { dashboard, overview } from "../core/live.js";
import { preference } from "../core/preferences.js";
import { computed } from "../core/signals.js";
import { sourceColor } from "../parts/chart-colors.js";
import { icon } from "../parts/icon.js";
import { badge } from "../parts/status.js";
import { clock } from "./dashboard/feed.js";
import { bestShares, needs, scaleOf } from "./leaderboard/shares.js";

export const title = () => t("core.nav_leaderboard");

export function page() {
  const period = preference("leaderboard.period", "day");
  const shares = bestShares(period);
  const scale = computed(() => scaleOf(shares() ?? [], needs()));
  const now = clock();
  const choice = (name) =>
    h("button", { type: "button", class: "chip", "aria-pressed": () => String(period() === name), onclick: () => period.set(name) }, () => t(`leaderboard.${name}`));
  return [
    h(
      "div",
      { class: "page-head" },
      h("h1", {}, title),
      h("div", { class: "tabs", role: "group", "aria-label": () => t("leaderboard.period") }, choice("day"), choice("all")),
    ),
    h("p", { class: "soft" }, () => t("leaderboard.says"), h("span", { class: "board-needs-words" }, () => (needs() === null ? "" : ` ${t("leaderboard.needs_says", { needs: difficulty(needs()) })}`))),
    h("section", { class: "card" }, () => (shares()?.length === 0 ? nobody(period()) : board(shares, scale, now))),
  ];
}

const nobody = (period) =>
  h("div", { class: "empty" }, icon("leaderboard", { size: 40 }), h("h2", {}, t(period === "day" ? "leaderboard.none_today" : "leaderboard.none")), h("p", {}, t("leaderboard.none_says")), h("a", { href: "/connect", class: "button" }, icon("connect"), t("core.nav_connect")));

function board(shares, scale, now) {
  const ranked = () => (shares() ?? []).map((share, at) => ({ ...share, rank: at + 1 }));
  const head = (name, more = "") => h("th", { scope: "col", class: more }, () => t(`leaderboard.${name}`));
  return h(
    "div",
    { class: "board-box", style: () => ({ "--needs": scale().needs === null ? "101%" : `${scale().needs}%` }) },
    h(
      "table",
      { class: "board" },
      h("caption", { class: "offscreen" }, title),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head("rank", "number board-rank"),
          head("miner"),
          head("difficulty", "number board-value"),
          h("th", { scope: "col", class: "board-scale" }, () => (needs() === null ? t("leaderboard.needs_unknown") : h("span", { class: "board-needs" }, t("leaderboard.needs", { needs: difficulty(needs()) })))),
          head("source", "board-source"),
          head("when", "number board-when"),
        ),
      ),
      h("tbody", {}, each(ranked, (share) => share.key || share.alias, (share) => row(share, scale, now))),
    ),
  );
}

// The difficulty that a block of this share's own chain needs.
function needsOf(source) {
  const chain = overview()?.sources.find((each) => each.name === source)?.chain;
  return dashboard()?.networks.find((each) => each.chain === chain)?.difficulty ?? null;
}

function row(share, scale, now) {
  const part = () => (needsOf(share().source) ? share().difficulty / needsOf(share().source) : null);
  const width = () => `${scale().at(share().difficulty)}%`;
  return h(
    "tr",
    { style: () => ({ "--c": sourceColor(share().source), "--width": width() }) },
    h("td", { class: "number board-rank" }, () => count(share().rank)),
    h("th", { scope: "row" }, () => (share().key ? h("a", { href: `/miners/${encodeURIComponent(share().key)}` }, h("bdi", {}, share().alias)) : h("bdi", {}, share().alias))),
    h("td", { class: "number" }, () => (part() >= 1 ? badge("ok", t("leaderboard.block")) : null), h("span", {}, () => difficulty(share().difficulty))),
    h("td", { class: "board-scale", title: () => (part() === null ? null : t("leaderboard.part", { part: percent(part()) })) }, h("span", { class: "board-bar" })),
    h("td", { class: "board-source" }, h("span", { class: "chart-key" }, () => share().source || t("core.unknown"))),
    h("td", { class: "soft number" }, h("time", { title: () => time(share().time_ms) }, () => (now(), ago(share().time_ms)))),
  );
}
