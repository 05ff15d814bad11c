// How far back a chart looks.
//
// Responsible for: the buttons 1 h … 1 year, how often each is worth asking anew.
// Not responsible for: asking, drawing (parts/chart.js).
//
//   const range = preference("dashboard.range", "24h");
//   ranges(range)              -> a group of buttons that set the signal to one of RANGES
//   REFRESH_S[range()]         -> seconds after which the series is worth another request

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

/** As the server names them (service.history_views.RANGES). */
export const RANGES = ["1h", "24h", "7d", "30d", "1y"];
export const REFRESH_S = { "1h": 10, "24h": 30, "7d": 120, "30d": 300, "1y": 600 };

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
