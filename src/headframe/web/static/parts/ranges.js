// How far back a chart looks.
//
// Responsible for: the buttons 1 h … 1 year, how often each is worth asking anew.
// Not responsible for: asking, drawing (parts/chart.js).
//
//   const range = rangeOf("dashboard.range", () => firstMs)   what was chosen in this browser; until then by the time of the
//                                 first share (Unix ms, null: there is none): an hour while there is hardly more, else a day
//   ranges(range)              -> a group of buttons that set the signal to one of RANGES
//   REFRESH_S[range()]         -> seconds after which the series is worth another request

import { h } from "../core/dom.js";
import { serverNow } from "../core/format.js";
import { t } from "../core/i18n.js";
import { preference } from "../core/preferences.js";
import { computed } from "../core/signals.js";

/** As the server names them (service.history_views.RANGES). */
export const RANGES = ["1h", "24h", "7d", "30d", "1y"];
export const REFRESH_S = { "1h": 10, "24h": 30, "7d": 120, "30d": 300, "1y": 600 };

const YOUNG_MS = 3 * 3_600_000;

export function rangeOf(name, first) {
  const kept = preference(name, "");
  const range = computed(() => {
    if (RANGES.includes(kept())) return kept();
    return first() === null || serverNow() - first() < YOUNG_MS ? "1h" : "24h";
  });
  return Object.assign(() => range(), { peek: () => range.peek(), set: (value) => kept.set(value) });
}

export function ranges(value, { options = RANGES } = {}) {
  return h(
    "div",
    { class: "tabs ranges", role: "group", "aria-label": () => t("core.range") },
    options.map((name) =>
      h(
        "button",
        { type: "button", class: "chip", "aria-pressed": () => String(value() === name), onclick: () => value.set(name) },
        () => t(`core.range_${name}`),
      ),
    ),
  );
}
