// The screens of the wall.
//
// Responsible for: hashrate, shaft, best shares, blocks, each as large as the screen allows.
// Not responsible for: turning between them (pages/kiosk.js).

import { each, h, show } from "../../core/dom.js";
import { ago, coins, count, difficulty, duration, hashrate, percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { dashboard, overview } from "../../core/live.js";
import { onEnd, signal } from "../../core/signals.js";
import { chart, hashrateData } from "../../parts/chart.js";
import { shaft } from "../../parts/shaft.js";
import { blockBadge } from "../dashboard/blocks.js";
import { hashrateSeries } from "../dashboard/charts.js";
import { chains, estimate } from "../dashboard/earn.js";
import { clock } from "../dashboard/feed.js";
import { poolsOnly } from "../dashboard/job_source.js";
import { bestShares, needs, scaleOf } from "../leaderboard/shares.js";
import { sourceColor } from "../../parts/chart-colors.js";

const at = (pick) => (dashboard() ? pick(dashboard()) : null);

/** The window's size as a signal: type and drawings follow it. */
function size() {
  const now = signal({ wide: innerWidth, high: innerHeight });
  const measure = () => now.set({ wide: innerWidth, high: innerHeight });
  addEventListener("resize", measure);
  onEnd(() => removeEventListener("resize", measure));
  return now;
}

const figure = (name, value) => h("div", {}, h("dt", {}, name), h("dd", { class: "number" }, value));

function rate() {
  const room = size();
  const series = hashrateSeries(() => "24h");
  const type = () => Math.max(13, Math.round(Math.min(room().wide / 64, room().high / 32)));
  return [
    h("p", { class: "kiosk-huge number" }, () => hashrate(at((now) => now.hashrate.h5m))),
    h(
      "dl",
      { class: "kiosk-figures" },
      figure(() => t("core.range_1h"), () => hashrate(at((now) => now.hashrate.h1h))),
      figure(() => t("core.range_24h"), () => hashrate(at((now) => now.hashrate.h24h))),
      figure(() => t("dashboard.visitor_miners"), () => count(at((now) => now.miners.mining ?? 0))),
    ),
    chart({ label: () => t("dashboard.chart"), data: () => hashrateData(series()), height: () => Math.max(160, Math.round(room().high * 0.34)), type, plain: true, empty: () => t("dashboard.chart_empty") }),
  ];
}

const SHAFT_WIDE = 900;
const SHAFT_HIGH = 450;

function picture() {
  const room = size();
  // As large as both its width and the screen's height allow; phones get the list as it is.
  const zoom = () => Math.max(1, Math.min(room().wide / SHAFT_WIDE, (room().high * 0.78) / SHAFT_HIGH));
  return h("div", { class: "kiosk-shaft", style: () => ({ zoom: String(zoom().toFixed(2)) }) }, shaft({ rows: 9 }));
}

const BEST = 5;

function best() {
  const shares = bestShares(() => "day", BEST);
  const scale = () => scaleOf(shares() ?? [], needs());
  const now = clock();
  return [
    h(
      "ol",
      { class: "kiosk-best" },
      each(shares, (share) => share.key || share.alias, (share) =>
        h(
          "li",
          { style: () => ({ "--c": sourceColor(share().source), "--width": `${scale().at(share().difficulty)}%` }) },
          h("span", { class: "kiosk-who" }, () => share().alias),
          h("strong", { class: "number" }, () => difficulty(share().difficulty)),
          h("span", { class: "soft number" }, () => (now(), ago(share().time_ms))),
          h("span", { class: "board-bar" }),
        )),
    ),
    () => (shares()?.length === 0 ? h("p", { class: "kiosk-none" }, t("leaderboard.none_today")) : null),
    h(
      "dl",
      { class: "kiosk-figures" },
      figure(() => t("dashboard.kiosk_ever"), () => difficulty(at((known) => known.best_ever?.difficulty ?? null))),
      figure(() => t("dashboard.kiosk_needs"), () => difficulty(needs())),
    ),
  ];
}

const BLOCKS = 4;

function blocks() {
  const found = () => overview()?.blocks.slice(0, BLOCKS);
  const now = clock();
  return [
    h(
      "ol",
      { class: "kiosk-blocks" },
      each(found, (block) => block.hash_hex, (block) =>
        h(
          "li",
          {},
          h("strong", { class: "number" }, () => count(block().height)),
          h("span", { class: "kiosk-badge" }, () => blockBadge(block())),
          h("span", { class: "number" }, () => coins(block().reward_sats, block().chain ?? "btc")),
          h("span", { class: "kiosk-who" }, () => block().worker || t("dashboard.somebody")),
          h("span", { class: "soft number" }, () => (now(), ago(block().time_ms))),
        )),
    ),
    () => (overview() && !found().length ? h("p", { class: "kiosk-none" }, t("dashboard.blocks_none")) : null),
    h(
      "dl",
      { class: "kiosk-figures" },
      show(poolsOnly, (pools) =>
        pools
          ? figure(() => t("dashboard.earn"), () => (dashboard() ? estimate(chains()[0] ?? "btc") : t("core.unknown")))
          : [
              figure(() => t("dashboard.odds"), () => duration(at((known) => known.chance.expected_s))),
              figure(() => t("dashboard.kiosk_chance"), () => percent(at((known) => known.chance.in_24h))),
            ]),
      figure(() => t("dashboard.job_height"), () => count(overview()?.job?.height ?? null)),
    ),
  ];
}

export const SCREENS = { hashrate: rate, shaft: picture, best, blocks };
