// The strip: the numbers that are asked first.
//
// Responsible for: hashrate, shares, best shares, what is earned, the odds of a block, the age of the work; why each is what it is.
// Not responsible for: the same over time (charts.js).

import { api, query } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { ago, count, difficulty, duration, errorOf, hashrate, percent, serverNow, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { dashboard, overview } from "../../core/live.js";
import { every, signal } from "../../core/signals.js";
import { complain } from "../../parts/dialog.js";
import { fromShares } from "../../parts/chart-data.js";
import { sparkline } from "../../parts/sparkline.js";
import { why } from "../../parts/why.js";
import { chains, earnedOn, estimate, found, money, reasons } from "./earn.js";
import { nobodyMines, noJob, poolsOnly } from "./job_source.js";
import { rejectReason } from "./words.js";

const SPARK_S = 30;

export function strip() {
  return h("dl", { class: "strip" }, hashrateNow(), shares(), best(), earnings(), odds(), work());
}

/** One number: its name, value and a line below; `reason` explains it. */
export function stat(name, value, below, reason, more = null, wide = Boolean(more)) {
  return h(
    "div",
    { class: ["stat", wide && "stat-wide"] },
    h("dt", {}, why(h("span", {}, name), reason, { label: name })),
    h("dd", { class: "stat-value number" }, value),
    h("dd", { class: "stat-below" }, below),
    more,
  );
}

/** A field of the dashboard, null while it is not known. */
const at = (pick) => (dashboard() ? pick(dashboard()) : null);

function hashrateNow() {
  const hour = signal(null);
  every(SPARK_S, () => api.get(query("hashrate", { range: "1h" })).then((series) => hour.set(series.hashrate), complain));
  return stat(
    () => t("dashboard.hashrate"),
    rateNow,
    longer,
    () => [
      t("dashboard.hashrate_why", { measured: fromShares(at((now) => now.shares_5m)) }),
      t("dashboard.hashrate_why_error", { error: percent(errorOf(at((now) => now.shares_5m) ?? 0), 0) }),
    ],
    h("dd", { class: "stat-spark" }, sparkline(hour, { label: () => t("dashboard.hashrate_spark"), width: 160, height: 34 })),
  );
}

/** Before the first share there is nothing to measure it by. */
export const rateNow = () => hashrate(at((now) => (now.hashrate.h5m || now.first_share_ms ? now.hashrate.h5m : null)));

/** The longer windows; while there were no shares for as long, what they are of. */
export function longer() {
  const now = dashboard();
  if (!now) return t("core.unknown");
  const [hour, day] = [hashrate(now.hashrate.h1h), hashrate(now.hashrate.h24h)];
  if (now.first_share_ms === null) return now.hashrate.h1h ? t("dashboard.hashrate_below", { hour, day }) : t("dashboard.hashrate_none");
  const age = Math.max(1, Math.floor((serverNow() - now.first_share_ms) / 1000));
  // Whole minutes: a sentence that changes each second is not read.
  const since = duration(age < 60 ? age : age - (age % 60));
  if (age < 3600) return t("dashboard.hashrate_below_first", { rate: hour, since });
  return age < 86_400 ? t("dashboard.hashrate_below_young", { hour, day, since }) : t("dashboard.hashrate_below", { hour, day });
}

function shares() {
  const rejected = () => at((now) => Object.values(now.rejected_24h).reduce((sum, each) => sum + each, 0));
  const part = () => {
    const all = (at((now) => now.accepted_24h) ?? 0) + (rejected() ?? 0);
    return all ? rejected() / all : null;
  };
  return stat(
    () => t("dashboard.shares"),
    () => count(at((now) => now.accepted_24h)),
    () => t("dashboard.shares_below", { rejected: count(rejected()), part: percent(part()) }),
    () => {
      const reasons = Object.entries(at((now) => now.rejected_24h) ?? {}).sort(([, a], [, b]) => b - a);
      if (!reasons.length) return t("dashboard.shares_why_none");
      return [t("dashboard.shares_why"), h("ul", {}, reasons.map(([name, number]) => h("li", {}, t("dashboard.reason_count", { reason: rejectReason(name), count: count(number) }))))];
    },
  );
}

function best() {
  const says = (share) => (share ? t("dashboard.best_by", { difficulty: difficulty(share.difficulty), who: share.alias, when: ago(share.time_ms) }) : t("core.unknown"));
  return stat(
    () => t("dashboard.best"),
    () => difficulty(at((now) => now.best_today?.difficulty ?? null)),
    () => t("dashboard.best_below", { ever: difficulty(at((now) => now.best_ever?.difficulty ?? null)) }),
    () => [
      t("dashboard.best_why"),
      t("dashboard.best_why_today", { best: says(at((now) => now.best_today)) }),
      t("dashboard.best_why_ever", { best: says(at((now) => now.best_ever)) }),
      t("dashboard.best_why_needs", { needs: difficulty(at((now) => now.networks[0]?.difficulty ?? null)) }),
    ],
  );
}

function earnings() {
  const main = () => chains()[0] ?? "btc";
  const earned = () => {
    const one = earnedOn(main());
    return one ? t("dashboard.earn_below", { spendable: money(one.spendable_sats, main()), maturing: money(one.maturing_sats, main()) }) : t(poolsOnly() ? "dashboard.earn_pools" : "dashboard.earn_none");
  };
  const each = (chain) => [chains().length > 1 ? h("strong", {}, chain ? chain.toUpperCase() : t("dashboard.earn_elsewhere")) : null, ...(chain ? reasons(chain) : []), ...found(chain)];
  return stat(
    () => t("dashboard.earn"),
    () => (dashboard() ? estimate(main()) : t("core.unknown")),
    () => (dashboard() ? earned() : t("core.unknown")),
    () => (chains().length ? chains() : ["btc"]).flatMap(each).filter(Boolean),
    null,
    true,
  );
}

function odds() {
  return stat(
    () => t("dashboard.odds"),
    () => (poolsOnly() ? "–" : duration(at((now) => now.chance.expected_s))),
    () => (poolsOnly() ? t("dashboard.odds_pools") : t("dashboard.odds_below", { chance: percent(at((now) => now.chance.in_24h)) })),
    () => [t("dashboard.odds_why"), t("dashboard.odds_why_luck"), t("dashboard.odds_why_unknown")],
  );
}

function work() {
  const now = () => overview()?.job ?? null;
  return stat(
    () => t("dashboard.work"),
    () => (now() ? duration(Math.floor(now().age_s)) : t("core.unknown")),
    () => {
      if (!now()) return overview() ? noJob() : t("core.unknown");
      return t(nobodyMines() ? "dashboard.work_ready" : "dashboard.work_below", { height: count(now().height), source: now().source });
    },
    () => [t("dashboard.work_why"), overview() ? t("dashboard.work_why_since", { since: time(overview().started_ms) }) : null].filter(Boolean),
  );
}
