// The networks of the chains that are mined.
//
// Responsible for: difficulty and hashrate over a short and a long while, and how they compare.
// Not responsible for: what is made of it (routing.policy).

import { api } from "../../core/api.js";
import { each, h, show } from "../../core/dom.js";
import { difficulty, duration, hashrate, percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { every, signal } from "../../core/signals.js";
import { complain } from "../../parts/dialog.js";

export function networks() {
  const all = signal(null);
  every(60, () => api.get("networks").then(all.set, complain));
  const head = (word, end = true) => h("th", { scope: "col", class: end ? "number" : null }, () => t(word));
  const over = (value, seconds) => (value === null ? t("core.unknown") : t("sources.over", { hashrate: hashrate(value), time: duration(seconds) }));
  const against = (one) => (one.short_hashrate === null || !one.long_hashrate ? t("core.unknown") : percent(one.short_hashrate / one.long_hashrate, 1));
  return show(
    () => Boolean(all()?.length),
    (some) =>
      some
        ? h(
            "section",
            { class: "card" },
            h("header", {}, h("h2", {}, () => t("sources.networks"))),
            h(
              "div",
              { class: "scroll", tabindex: "0", role: "region", "aria-label": () => t("sources.networks") },
              h(
                "table",
                {},
                h("thead", {}, h("tr", {}, head("sources.chain", false), head("sources.difficulty"), head("sources.lately"), head("sources.usually"), head("sources.lately_usually"))),
                h(
                  "tbody",
                  {},
                  each(all, (one) => one.chain, (one) =>
                    h(
                      "tr",
                      {},
                      h("td", {}, () => one().chain.toUpperCase()),
                      h("td", { class: "number" }, () => difficulty(one().difficulty)),
                      h("td", { class: "number" }, () => over(one().short_hashrate, one().short_s)),
                      h("td", { class: "number" }, () => over(one().long_hashrate, one().long_s)),
                      h("td", { class: "number" }, () => against(one())),
                    )),
                ),
              ),
            ),
          )
        : null,
  );
}
