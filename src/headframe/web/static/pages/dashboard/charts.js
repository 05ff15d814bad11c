// The big chart.
//
// Responsible for: hashrate over the chosen range with best shares, blocks and moves; source bands on request.
// Not responsible for: drawing (parts/chart.js).

import { api, query } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { dashboard } from "../../core/live.js";
import { preference } from "../../core/preferences.js";
import { effect, every, onEnd, signal, untracked } from "../../core/signals.js";
import { chart, hashrateData } from "../../parts/chart.js";
import { complain } from "../../parts/dialog.js";
import { toggle } from "../../parts/form.js";
import { rangeOf, RANGES, ranges, REFRESH_S } from "../../parts/ranges.js";

/** The series of a range (a signal), asked again as often as it is worth; what is shown stays until the next is there. */
export function hashrateSeries(range, bands = () => false) {
  const series = signal(null);
  let abort = new AbortController();
  effect(() => {
    const span = RANGES.includes(range()) ? range() : "24h";
    const path = query("hashrate", { range: span, by: bands() ? "source" : "" });
    untracked(() => {
      every(REFRESH_S[span], () => {
        abort.abort();
        abort = new AbortController();
        api.get(path, { signal: abort.signal }).then((now) => series.set(now), complain);
      });
    });
  });
  onEnd(() => abort.abort());
  return series;
}

// As wide as this the chart stands beside the shaft (style/pages.css).
const WALL = 2200;

export function charts() {
  const range = rangeOf("dashboard.range", () => dashboard()?.first_share_ms ?? null);
  const bands = preference("dashboard.bands", false);
  const series = hashrateSeries(range, bands);
  return h(
    "section",
    { class: "card" },
    h(
      "header",
      {},
      h("h2", {}, () => t("dashboard.chart")),
      h("div", { class: "chart-choices" }, toggle(bands, () => t("dashboard.bands")), ranges(range)),
    ),
    chart({ label: () => t("dashboard.chart"), data: () => hashrateData(series(), { bands: bands() }), height: innerWidth >= WALL ? 460 : 320, empty: () => t("dashboard.chart_empty") }),
  );
}
