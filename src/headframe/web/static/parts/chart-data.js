// A hashrate series as a chart takes it.
//
// Responsible for: words and marks of GET hashrate and workers/…/hashrate for parts/chart.js.
// Not responsible for: drawing.

import { count, difficulty, errorOf, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sourceColor } from "./chart-colors.js";

/** How sure a hashrate is that was measured from so many shares, in words. */
export function fromShares(shares) {
  if (!shares) return t("core.chart_no_shares");
  return t("core.chart_from_shares", { count: shares, shown: count(shares), error: percent(errorOf(shares), 0) });
}

export function hashrateData(series, { bands = false, color = "var(--accent)", name = null } = {}) {
  if (!series) return null;
  const { from_s, step_s, hashrate, shares, rejected, by_source, best, blocks, moves } = series;
  const sources = Object.keys(by_source ?? {});
  const stacked = bands && sources.length > 0;
  const lines = stacked
    ? sources.map((source) => ({
        key: source,
        name: source,
        color: sourceColor(source),
        values: by_source[source].map((each, at) => (hashrate[at] === null ? null : each)),
      }))
    : [{ key: "all", name: name ?? t("core.chart_hashrate"), color, values: hashrate, area: true }];
  const marks = blockMarks(blocks ?? [], from_s, step_s);
  (moves ?? []).forEach((number, at) => {
    if (!number) return;
    const text = t("core.chart_moves", { count: number, shown: count(number) });
    marks.push({ time_s: from_s + (at + 0.5) * step_s, kind: "move", text });
  });
  return {
    from_s,
    step_s,
    lines,
    says: saysOf(hashrate, shares),
    stacked,
    running: true,
    dots: (best ?? []).map((share) => ({
      time_s: share.time_ms / 1000,
      value: share.difficulty,
      name: share.alias,
      text: t("core.chart_best", { difficulty: difficulty(share.difficulty), who: share.alias }),
    })),
    marks,
    note: (at) => {
      if (hashrate[at] === null) return "";
      const refused = rejected?.[at] ?? 0;
      return refused
        ? [fromShares(shares[at]), t("core.chart_rejected", { count: refused, shown: count(refused) })]
        : fromShares(shares[at]);
    },
  };
}

/** Why there is no line; null where there is one, or nothing is known at all. */
function saysOf(hashrate, shares) {
  if (hashrate.some((each) => each > 0)) return null;
  if (shares.some(Boolean)) return t("core.chart_soon");
  return hashrate.some((each) => each !== null) ? t("core.chart_idle") : null;
}

// Blocks of one step are one mark: on a test network there may be many.
function blockMarks(blocks, from_s, step_s) {
  const steps = new Map();
  for (const block of blocks) {
    const at = Math.floor((block.time_ms / 1000 - from_s) / step_s);
    steps.set(at, [...(steps.get(at) ?? []), block]);
  }
  return [...steps].map(([at, [one, ...more]]) => ({
    time_s: more.length ? from_s + (at + 0.5) * step_s : one.time_ms / 1000,
    kind: "block",
    text: more.length
      ? t("core.chart_blocks_found", { count: more.length + 1, shown: count(more.length + 1) })
      : t("core.chart_block", { height: count(one.height) }),
  }));
}
