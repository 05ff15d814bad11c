// A miner over time.
//
// Responsible for: its hashrate with best shares, rejects by reason, its difficulty as its last shares tell it.
// Not responsible for: drawing (parts/chart.js).

import { api, part, query } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { count, difficulty } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { computed, effect, onEnd, signal, untracked } from "../../core/signals.js";
import { seriesColor } from "../../parts/chart-colors.js";
import { chart, hashrateData } from "../../parts/chart.js";
import { complain } from "../../parts/dialog.js";
import { rangeOf, ranges, REFRESH_S } from "../../parts/ranges.js";
import { reasonWord } from "../miners/words.js";

/** Rejected shares by reason as bands over the same time as the hashrate. */
function refusalsData(series) {
  if (!series) return null;
  const named = Object.entries(series.refusals ?? {}).filter(([, steps]) => steps.some(Boolean));
  // What is older than the telling apart.
  const rest = series.rejected.map((number, at) => number - named.reduce((sum, [, steps]) => sum + steps[at], 0));
  if (rest.some((number) => number > 0)) named.push(["", rest.map((number) => Math.max(0, number))]);
  return {
    says: named.length ? null : t("miners.reasons_none"),
    from_s: series.from_s,
    step_s: series.step_s,
    stacked: true,
    running: true,
    lines: (named.length ? named : [["", series.rejected]]).map(([reason, values], at) => ({ key: reason, name: reason ? reasonWord(reason) : t("miners.reason_untold"), color: seriesColor(at), values })),
  };
}

/** `first`: when its first share came. */
export function hashrateCard(key, first) {
  const range = rangeOf("miner.range", first);
  const series = signal(null);
  // Each range has its own pace; an answer to what is not asked any more is dropped.
  effect(() => {
    const now = range();
    const ask = () =>
      document.visibilityState === "visible" &&
      api.get(query(`workers/${part(key)}/hashrate`, { range: now })).then((found) => range.peek() === now && series.set(found), complain);
    untracked(ask);
    const timer = setInterval(ask, REFRESH_S[now] * 1000);
    onEnd(() => clearInterval(timer));
  });
  const refusals = computed(() => refusalsData(series()));
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("miners.chart_hashrate")), ranges(range)),
    chart({ label: () => t("miners.chart_hashrate"), data: () => hashrateData(series()), empty: () => t("miners.chart_empty") }),
    h("h3", { class: "chart-head" }, () => t("miners.chart_reasons")),
    chart({ label: () => t("miners.chart_reasons"), data: refusals, format: count, height: 130 }),
  );
}

const STEPS = 60;

/** Shares come when they come: between two the difficulty is that of the one before. */
export function difficultyData(shares) {
  const known = shares.filter((share) => share.difficulty !== null).sort((a, b) => a.time_ms - b.time_ms);
  if (known.length < 2) return null;
  const [first, last] = [known[0].time_ms / 1000, known[known.length - 1].time_ms / 1000];
  const step = Math.max(1, Math.ceil((last - first) / STEPS));
  const values = [];
  let at = 0;
  for (let from = first; from <= last; from += step) {
    while (at + 1 < known.length && known[at + 1].time_ms / 1000 <= from) at += 1;
    values.push(known[at].difficulty);
  }
  return { from_s: Math.floor(first), step_s: step, lines: [{ key: "difficulty", name: t("miners.difficulty"), color: "var(--accent)", values }] };
}

export const difficultyCard = (detail) =>
  h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("miners.chart_difficulty"))),
    chart({
      label: () => t("miners.chart_difficulty"),
      data: () => difficultyData(detail().shares),
      format: difficulty,
      height: 180,
      empty: () => t("miners.difficulty_no_shares"),
    }),
  );
