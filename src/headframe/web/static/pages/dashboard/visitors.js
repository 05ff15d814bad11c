// For visitors who have not signed in: a page of how things are.
//
// Responsible for: what a visitor may see, asking for nothing else.
// Not responsible for: what that is: the server leaves out the rest.

import { h } from "../../core/dom.js";
import { ago, count, difficulty, duration, hashrate, percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { dashboard, overview } from "../../core/live.js";
import { chart, fromShares, hashrateData } from "../../parts/chart.js";
import { rangeOf, ranges } from "../../parts/ranges.js";
import { badge } from "../../parts/status.js";
import { hashrateSeries } from "./charts.js";
import { longer, rateNow, stat } from "./strip.js";
import { blockBadge } from "./blocks.js";

export function visitors() {
  const at = (pick) => (dashboard() ? pick(dashboard()) : null);
  const mining = () => at((now) => now.miners.mining ?? 0);
  // Who may see totals only is not told of sources; that there is a job says it, too.
  const works = () => (overview() ? overview().job !== null || overview().sources.some((source) => source.up) : null);
  const range = rangeOf("dashboard.range", () => dashboard()?.first_share_ms ?? null);
  const series = hashrateSeries(range);
  const state = () => {
    if (works() === null) return badge("unknown", t("core.unknown"));
    return works() ? badge("ok", t("dashboard.visitor_works")) : badge("bad", t("dashboard.visitor_down"));
  };
  return [
    h("div", { class: "page-head" }, h("h1", {}, () => t("dashboard.visitor")), state),
    h(
      "dl",
      { class: "strip" },
      stat(() => t("dashboard.hashrate"), rateNow, longer, () => t("dashboard.hashrate_why", { measured: fromShares(at((now) => now.shares_5m)) })),
      stat(() => t("dashboard.visitor_miners"), () => count(mining()), () => t("dashboard.visitor_miners_below"), () => t("dashboard.visitor_miners_why")),
      stat(() => t("dashboard.best"), () => difficulty(at((now) => now.best_today?.difficulty ?? null)), () => t("dashboard.best_below", { ever: difficulty(at((now) => now.best_ever?.difficulty ?? null)) }), () => t("dashboard.best_why")),
      stat(() => t("dashboard.odds"), () => duration(at((now) => now.chance.expected_s)), () => t("dashboard.odds_below", { chance: percent(at((now) => now.chance.in_24h)) }), () => [t("dashboard.odds_why"), t("dashboard.odds_why_luck")]),
    ),
    h(
      "section",
      { class: "card" },
      h("header", {}, h("h2", {}, () => t("dashboard.chart")), ranges(range)),
      chart({ label: () => t("dashboard.chart"), data: () => hashrateData(series()), height: 300, empty: () => t("dashboard.chart_empty") }),
    ),
    h(
      "section",
      { class: "card" },
      h("header", {}, h("h2", {}, () => t("dashboard.blocks"))),
      () => {
        const blocks = overview()?.blocks ?? [];
        if (!blocks.length) return h("p", { class: "soft" }, t("dashboard.visitor_blocks_none"));
        return h("ul", { class: "blocks-few" }, blocks.slice(0, 5).map((block) => h("li", {}, h("strong", { class: "number blocks-height" }, count(block.height)), h("span", { class: "blocks-outcome" }, blockBadge(block)), h("span", { class: "soft blocks-when" }, ago(block.time_ms)))));
      },
    ),
  ];
}
