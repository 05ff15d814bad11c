// The strip: the numbers that are asked first.
//
// Responsible for: hashrate, shares, best shares, the odds of a block, the age of the work; why each is what it is.
// Not responsible for: the same over time (charts.js).

import { api, query } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { ago, count, difficulty, duration, errorOf, hashrate, percent, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { dashboard, overview } from "../../core/live.js";
import { every, signal } from "../../core/signals.js";
import { complain } from "../../parts/dialog.js";
import { fromShares } from "../../parts/chart-data.js";
import { sparkline } from "../../parts/sparkline.js";
import { why } from "../../parts/why.js";
import { rejectReason } from "./words.js";

const SPARK_S = 30;

export function strip() {
  return h("dl", { class: "strip" }, hashrateNow(), shares(), best(), odds(), work());
}

/** One number: its name, value and a line below; `reason` explains it. */
export function stat(name, value, below, reason, more = null) {
  return h(
    "div",
    { class: "stat" },
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
    () => hashrate(at((now) => now.hashrate.h5m)),
    () => t("dashboard.hashrate_below", { hour: hashrate(at((now) => now.hashrate.h1h)), day: hashrate(at((now) => now.hashrate.h24h)) }),
    () => [
      t("dashboard.hashrate_why", { measured: fromShares(at((now) => now.shares_5m)) }),
      t("dashboard.hashrate_why_error", { error: percent(errorOf(at((now) => now.shares_5m) ?? 0), 0) }),
    ],
    h("dd", { class: "stat-spark" }, sparkline(hour, { label: () => t("dashboard.hashrate_spark"), width: 160, height: 34 })),
  );
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

function odds() {
  return stat(
    () => t("dashboard.odds"),
    () => duration(at((now) => now.chance.expected_s)),
    () => t("dashboard.odds_below", { chance: percent(at((now) => now.chance.in_24h)) }),
    () => [t("dashboard.odds_why"), t("dashboard.odds_why_luck"), t("dashboard.odds_why_unknown")],
  );
}

function work() {
  const now = () => overview()?.job ?? null;
  return stat(
    () => t("dashboard.work"),
    () => (now() ? duration(now().age_s) : t("core.unknown")),
    () => (now() ? t("dashboard.work_below", { height: count(now().height), source: now().source }) : overview() ? t("dashboard.work_none") : t("core.unknown")),
    () => [t("dashboard.work_why"), overview() ? t("dashboard.work_why_since", { since: time(overview().started_ms) }) : null].filter(Boolean),
  );
}
