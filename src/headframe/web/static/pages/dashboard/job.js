// The current job, taken apart.
//
// Responsible for: what is mined now, by our own node's work or a chosen source's: height, reward and fees, the coinbase output by output, tag, commitment.
// Not responsible for: the picture of the block (pages/blocks).

import { h } from "../../core/dom.js";
import { coins, count, difficulty, duration, percent, short } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";
import { overview } from "../../core/live.js";
import { every } from "../../core/signals.js";
import { complain } from "../../parts/dialog.js";
import { sourceColor } from "../../parts/chart-colors.js";
import { why } from "../../parts/why.js";
import { jobOfSource, noJob } from "./job_source.js";

const ASK_S = 10;
const MAX_WEIGHT = 4_000_000;

export function job() {
  const { job: now, ask, tabs } = jobOfSource(complain);
  every(ASK_S, ask);
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("dashboard.job")), h("a", { href: "/blocks" }, () => t("core.nav_blocks"))),
    tabs,
    () => {
      if (now() === undefined) return h("p", { class: "soft" }, t("core.unknown"));
      if (now() === null) return [h("p", {}, noJob()), overview()?.attention.length ? h("a", { href: "/#attention" }, t("dashboard.job_none_see")) : null];
      return [facts(now), outputs(now)];
    },
  );
}

const chainOf = (name) => overview.peek()?.sources.find((source) => source.name === name)?.chain ?? "btc";

function facts(now) {
  const chain = chainOf(now().source);
  const row = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const { fees_sats: fees, reward_sats: reward, transactions, weight } = now();
  return h(
    "dl",
    { class: "facts" },
    row(t("dashboard.job_source"), h("span", { class: "chart-key", style: { "--c": sourceColor(now().source) } }, now().source)),
    row(t("dashboard.job_height"), h("span", { class: "number" }, count(now().height))),
    row(t("dashboard.job_age"), h("span", { class: "number" }, duration(Math.floor(now().age_s)))),
    row(t("dashboard.job_miners"), now().job_id ? h("span", { class: "number" }, count(now().miners)) : t("dashboard.job_unmined")),
    row(t("dashboard.job_reward"), h("span", { class: "number" }, coins(reward, chain))),
    row(t("dashboard.job_fees"), fees === null ? why(t("core.unknown"), () => t("dashboard.job_pool_why"), { label: () => t("dashboard.job_fees") }) : h("span", { class: "number" }, coins(fees, chain))),
    row(t("dashboard.job_transactions"), h("span", { class: "number" }, weight === null ? count(transactions) : t("dashboard.job_filled", { transactions: count(transactions), filled: percent(weight / MAX_WEIGHT, 1) }))),
    row(t("dashboard.job_needs"), h("span", { class: "number" }, difficulty(now().network_difficulty))),
    row(t("dashboard.job_tag"), h("code", {}, now().tag || "–")),
    row(t("dashboard.job_commitment"), h("code", { title: now().commitment_hex }, now().commitment_hex ? short(now().commitment_hex) : "–")),
  );
}

function outputs(now) {
  const chain = chainOf(now().source);
  const kind = (name) => (has(`dashboard.output_${name}`) ? t(`dashboard.output_${name}`) : name);
  const whom = (output) => output.address || (output.script_hex ? short(output.script_hex, 10) : "–");
  if (!now().outputs.length) return null;
  return [
    h("h3", { class: "job-outputs-head" }, t("dashboard.outputs")),
    h(
      "ol",
      { class: "job-outputs" },
      now().outputs.map((output) =>
        h(
          "li",
          {},
          h("span", {}, kind(output.kind)),
          h("span", { class: "number" }, output.sats ? coins(output.sats, chain) : t("dashboard.output_nothing")),
          h("code", { title: output.script_hex }, whom(output)),
        ),
      ),
    ),
  ];
}
