// The last blocks.
//
// Responsible for: the newest few of those found, with what became of them.
// Not responsible for: all of them (pages/blocks).

import { each, h } from "../../core/dom.js";
import { ago, coins, count, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { overview } from "../../core/live.js";
import { said } from "../../core/said.js";
import { badge } from "../../parts/status.js";
import { clock } from "./feed.js";
import { outcome } from "./words.js";

const LOOKS = { accepted: "ok", matured: "ok", pending: "wait", orphaned: "bad", stale: "warn", rejected: "bad" };
const SHOWN = 5;

/** What became of a block, in the same words on every page; `means` explains it. */
export const blockBadge = (block, means = "") => badge(LOOKS[block.outcome] ?? "unknown", outcome(block.outcome), { title: [means, said(block.reason)].filter(Boolean).join(" ") || null });

export function blocks() {
  const found = () => overview()?.blocks.slice(0, SHOWN);
  const now = clock();
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("dashboard.blocks")), h("a", { href: "/blocks" }, () => t("dashboard.blocks_all"))),
    h("ul", { class: "blocks-few" }, each(found, (block) => block.hash_hex, (block) => line(block, now))),
    () => (overview() && !found().length ? h("p", { class: "soft" }, t("dashboard.blocks_none")) : null),
  );
}

function line(block, now) {
  return h(
    "li",
    {},
    h("strong", { class: "number blocks-height" }, () => count(block().height)),
    h("span", { class: "blocks-outcome" }, () => blockBadge(block())),
    h("span", { class: "number blocks-reward" }, () => coins(block().reward_sats, block().chain ?? "btc")),
    h("span", { class: "blocks-who" }, () => t("dashboard.block_by", { who: block().worker || t("dashboard.somebody"), source: block().source })),
    h("time", { class: "soft number blocks-when", title: () => time(block().time_ms) }, () => (now(), ago(block().time_ms))),
  );
}
