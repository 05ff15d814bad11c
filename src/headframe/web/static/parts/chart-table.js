// A chart as a table.
//
// Responsible for: the same values as rows, for whoever reads rather than looks; made only when it is opened.
// Not responsible for: the drawing (parts/chart.js).

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { signal } from "../core/signals.js";
import { happened, stepTime } from "./chart-words.js";

export function table(label, now, format) {
  const open = signal(false);
  return h(
    "details",
    { class: "chart-table", ontoggle: (event) => open.set(event.target.open) },
    h("summary", {}, () => t("core.chart_table")),
    () => (open() && now() ? h("div", { class: "scroll chart-rows", tabindex: "0", role: "region", "aria-label": label }, rows(label, now(), format)) : null),
  );
}

function rows(label, data, format) {
  const steps = data.lines[0]?.values.length ?? 0;
  const newestFirst = Array.from({ length: steps }, (_, back) => steps - 1 - back);
  return h(
    "table",
    {},
    h("caption", { class: "offscreen" }, label),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("core.chart_time")), data.lines.map((line) => h("th", { scope: "col", class: "number" }, line.name)), h("th", { scope: "col" }, t("core.chart_more")))),
    h(
      "tbody",
      {},
      newestFirst.map((at) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, stepTime(data, at)),
          data.lines.map((line) => h("td", { class: "number" }, format(line.values[at] ?? null))),
          h("td", {}, happened(data, at).join(" · ")),
        ),
      ),
    ),
  );
}
