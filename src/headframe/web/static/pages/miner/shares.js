// A miner's shares.
//
// Responsible for: why some were rejected, the last ones with what was sent and what was expected.
// Not responsible for: the words themselves (pages/miners/words.js).

import { each, h, show } from "../../core/dom.js";
import { ago, count, difficulty, percent, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { badge } from "../../parts/status.js";
import { explain, reasonWord, remedyOf } from "../miners/words.js";

const sorted = (refusals) => Object.entries(refusals).filter(([, times]) => times).sort(([, a], [, b]) => b - a);

export function reasonsCard(miner) {
  const all = () => miner().accepted + miner().rejected;
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("miners.reasons"))),
    h("p", { class: "soft" }, () => (miner().first_seen_ms && miner().rejected ? t("miners.reasons_since", { when: time(miner().first_seen_ms, { dateStyle: "medium", timeStyle: "short" }), rejected: count(miner().rejected), all: count(all()), part: percent(miner().rejected / all()) }) : null)),
    show(
      () => sorted(miner().refusals).length > 0,
      (some) =>
        some
          ? h(
              "ul",
              { class: "reasons" },
              each(
                () => sorted(miner().refusals),
                ([reason]) => reason,
                (one) =>
                  h(
                    "li",
                    {},
                    h("div", { class: "reason-head" }, h("strong", {}, () => reasonWord(one()[0])), h("span", { class: "number" }, () => `${count(one()[1])} · ${t("miners.reasons_share", { part: percent(one()[1] / all()) })}`)),
                    h("div", { class: "meter", "aria-hidden": "true", style: () => ({ "--part": String(one()[1] / Math.max(1, miner().rejected)) }) }),
                    h("p", { class: "soft" }, () => remedyOf(one()[0])),
                  ),
              ),
            )
          : h("p", { class: "soft" }, () => t("miners.no_reason")),
    ),
  );
}

const nameOf = (share) => `${share.time_ms} ${share.job_id} ${share.share_difficulty} ${share.reason}`;

function row(share) {
  return h(
    "tr",
    {},
    h("td", { class: "number left", title: () => time(share().time_ms) }, () => ago(share().time_ms)),
    h(
      "td",
      { class: "explained" },
      show(() => share().reason, (reason) => (reason ? [badge("bad", reasonWord(reason)), h("p", {}, () => explain(share()))] : badge("ok", t("miners.outcome_accepted")))),
    ),
    h("td", { class: "number" }, () => difficulty(share().difficulty)),
    h("td", { class: "number" }, () => (share().share_difficulty === null ? "–" : difficulty(share().share_difficulty))),
    h("td", {}, () => share().source),
  );
}

export function sharesCard(detail) {
  const head = (word, end) => h("th", { scope: "col", class: end ? "number" : null }, () => t(word));
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("miners.last_shares")), h("p", { class: "soft" }, () => t("miners.last_shares_help"))),
    show(
      () => detail().shares.length > 0,
      (some) =>
        some
          ? h(
              "div",
              { class: "scroll shares", tabindex: "0", role: "region", "aria-label": () => t("miners.last_shares") },
              h(
                "table",
                {},
                h("thead", {}, h("tr", {}, head("miners.time"), head("miners.what"), head("miners.wanted", true), head("miners.meets", true), head("miners.source"))),
                h("tbody", {}, each(() => detail().shares, nameOf, row)),
              ),
            )
          : h("p", { class: "soft" }, () => t("miners.no_shares")),
    ),
  );
}
