// Our blocks.
//
// Responsible for: the table of blocks that were found, what came of each, more of them on request.
// Not responsible for: the block that is being mined (pages/blocks/template.js).

import { each, h, show } from "../../core/dom.js";
import { ago, coins, count, percent, short, time } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";
import { said } from "../../core/said.js";
import { sourceColor } from "../../parts/chart-colors.js";
import { icon } from "../../parts/icon.js";
import { copyable } from "../../parts/copy.js";
import { blockBadge } from "../dashboard/blocks.js";

function outcome({ block }) {
  const means = `blocks.outcome_means.${block.outcome}`;
  return blockBadge(block, has(means) ? t(means) : "");
}

const confirmations = (one) =>
  show(
    () => ["pending", "accepted", "matured"].includes(one().block.outcome),
    (counts) =>
      counts
        ? h(
            "span",
            { class: "confirmations" },
            h("span", { class: "confirmations-bar", "aria-hidden": "true", style: () => ({ "--part": String(Math.min(1, one().block.confirmations / Math.max(1, one().maturity))) }) }),
            h("span", { class: "number" }, () => t("blocks.confirmations_of", { number: count(one().block.confirmations), of: count(one().maturity) })),
          )
        : h("span", { class: "soft" }, () => said(one().block.reason) || "–"),
  );

function row(one) {
  const cell = (word, value, more = {}) => h("td", { ...more, "data-label": () => t(`blocks.${word}`) }, value);
  return h(
    "tr",
    {},
    cell("time", h("span", { title: () => time(one().block.time_ms) }, () => ago(one().block.time_ms))),
    cell("height", h("span", { title: () => one().block.hash_hex }, () => count(one().block.height)), { class: "number" }),
    cell("who", show(() => one().key, (key) => (key ? h("a", { href: `/miners/${key}` }, h("bdi", {}, () => one().alias)) : h("bdi", {}, () => one().alias || t("core.unknown"))))),
    cell("source", h("span", {}, h("span", { class: "source-dot", style: () => ({ "--dot": sourceColor(one().block.source) }) }), h("bdi", {}, () => one().block.source))),
    cell("effort", () => percent(one().effort, 0), { class: "number" }),
    cell("reward_is", () => coins(one().block.reward_sats, one().block.chain ?? "btc"), { class: "number" }),
    cell("outcome_is", show(() => `${one().block.outcome} ${one().block.reason}`, () => outcome(one.peek()))),
    cell("confirmations", confirmations(one)),
    cell(
      "hash",
      h(
        "span",
        { class: "block-hash" },
        copyable(one.peek().block.hash_hex, { label: t("blocks.hash"), shown: short(one.peek().block.hash_hex) }),
        show(
          () => one().explorer,
          (explorer) => (explorer ? h("a", { href: explorer, target: "_blank", rel: "noreferrer noopener", title: () => t("blocks.explorer_of", { height: count(one().block.height) }), "aria-label": () => t("blocks.explorer_of", { height: count(one().block.height) }) }, icon("link", { size: 18 })) : null),
        ),
      ),
    ),
  );
}

/** `found` is a signal of BlocksView; `more()` asks for older ones. */
export function found(found, more) {
  const head = (word, end = false) => h("th", { scope: "col", class: end ? "number" : null }, () => t(`blocks.${word}`));
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("blocks.ours"))),
    show(
      () => (found() === null ? "" : found().total ? "table" : "none"),
      (state) => {
        if (!state) return null;
        if (state === "none") return h("div", { class: "empty" }, icon("blocks", { size: 40 }), h("h2", {}, () => t("blocks.none")), h("p", {}, () => t("blocks.none_help")));
        return [
          h(
            "div",
            { class: "scroll", tabindex: "0", role: "region", "aria-label": () => t("blocks.ours") },
            h(
              "table",
              { class: "stacks" },
              h("thead", {}, h("tr", {}, head("time"), head("height", true), head("who"), head("source"), head("effort", true), head("reward_is", true), head("outcome_is"), head("confirmations"), head("hash"))),
              h("tbody", {}, each(() => found().blocks, (one) => one.block.hash_hex, row)),
            ),
          ),
          show(
            () => found().blocks.length < found().total,
            (some) => (some ? h("div", { class: "actions more-blocks" }, h("span", { class: "soft" }, () => t("blocks.shown", { number: count(found().blocks.length), total: count(found().total) })), h("button", { type: "button", onclick: more }, () => t("blocks.more"))) : null),
          ),
        ];
      },
    ),
  );
}

