// The block that is being mined.
//
// Responsible for: the current job as a picture of a block, its coinbase output by output and byte by byte; in place with
// each new job.
// Not responsible for: cutting the coinbase (pages/blocks/coinbase.js).

import { each, h, show } from "../../core/dom.js";
import { coins, count, difficulty, duration, percent, serverNow, short, time } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";
import { on, overview } from "../../core/live.js";
import { computed, every, signal } from "../../core/signals.js";
import { copyable } from "../../parts/copy.js";
import { trouble } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { badge } from "../../parts/status.js";
import { why } from "../../parts/why.js";
import { jobOfSource, noJob } from "../dashboard/job_source.js";
import { dissect } from "./coinbase.js";

const MOST_WEIGHT = 4_000_000;
const KINDS = { payout: "ok", fee: "wait", commitment: "off", data: "off", pool: "unknown" };
const OTHER = 240; // weight units of header and number of transactions, at the least

const known = (value, words) => (value === null ? t("core.unknown") : words(value));

/** Of which its sats are. */
const chain = (job) => overview.peek()?.sources.find((source) => source.name === job().source)?.chain ?? "btc";

function picture(job) {
  const used = () => (job().weight === null ? null : job().weight / MOST_WEIGHT);
  const coinbase = () => 4 * (job().coinbase_hex.length / 2);
  const subsidy = () => (job().reward_sats === null || job().fees_sats === null ? null : job().reward_sats - job().fees_sats);
  return h(
    "div",
    { class: "block-picture" },
    h("div", { class: "block-box" },
      h("div", { class: "block-part block-header" }, h("strong", {}, () => t("blocks.header")), h("span", {}, () => t("blocks.header_says", { version: job().version_hex, hash: short(job().prev_hash_hex), time: time(job().ntime * 1000, { timeStyle: "medium" }) }))),
      h("div", { class: "block-part block-coinbase" }, h("strong", {}, () => t("blocks.coinbase")), h("span", {}, () => t("blocks.coinbase_says", { count: job().outputs.length, outputs: count(job().outputs.length), size: count(job().coinbase_hex.length / 2) }))),
      h(
        "div",
        { class: "block-space" },
        h("div", { class: () => ["block-fill", used() === null && "block-fill-unknown"], style: () => ({ "--used": String(used() === null ? 1 : Math.max(0.02, used() - (coinbase() + OTHER) / MOST_WEIGHT)) }) },
          h("strong", {}, () => (job().transactions === null ? t("blocks.transactions_unknown") : t("blocks.transactions", { count: job().transactions, number: count(job().transactions) }))),
          h("span", {}, () => (used() === null ? t("blocks.weight_unknown") : t("blocks.weight_says", { weight: count(job().weight), part: percent(used(), 1) })))),
      ),
    ),
    h(
      "div",
      { class: "block-money" },
      h("h3", {}, () => t("blocks.reward")),
      h("div", { class: "block-sum number" }, () => known(job().reward_sats, (sats) => coins(sats, chain(job)))),
      show(
        () => subsidy() !== null,
        (some) =>
          some
            ? [
                h("div", { class: "money-bar", "aria-hidden": "true", style: () => ({ "--fees": String(job().fees_sats / Math.max(1, job().reward_sats)) }) }),
                h("dl", { class: "fact-list" },
                  h("dt", {}, h("span", { class: "money-key money-subsidy" }), () => t("blocks.subsidy")), h("dd", {}, () => coins(subsidy(), chain(job))),
                  h("dt", {}, h("span", { class: "money-key money-fees" }), () => t("blocks.fees")), h("dd", {}, () => t("blocks.fees_says", { fees: coins(job().fees_sats, chain(job)), part: percent(job().fees_sats / Math.max(1, job().reward_sats)) }))),
              ]
            : h("p", { class: "soft" }, () => t("blocks.fees_unknown")),
      ),
      h("dl", { class: "fact-list" },
        h("dt", {}, () => t("blocks.height")), h("dd", {}, () => count(job().height)),
        h("dt", {}, () => t("blocks.source")), h("dd", {}, h("bdi", {}, () => job().source)),
        h("dt", {}, () => t("blocks.difficulty")), h("dd", {}, () => difficulty(job().network_difficulty)),
        h("dt", {}, () => t("blocks.tag")), h("dd", {}, show(() => job().tag, (tag) => (tag ? h("code", {}, h("bdi", {}, tag)) : "–"))),
      ),
    ),
  );
}

function outputs(job) {
  const kindWord = (kind) => (has(`blocks.output.${kind}`) ? t(`blocks.output.${kind}`) : kind);
  const numbered = () => job().outputs.map((one, at) => ({ ...one, at }));
  return h(
    "ol",
    { class: "outputs" },
    each(numbered, (one) => one.at, (one) =>
      h(
        "li",
        {},
        show(() => one().kind, (kind) => badge(KINDS[kind] ?? "unknown", kindWord(kind), { title: has(`blocks.output_means.${kind}`) ? t(`blocks.output_means.${kind}`) : null })),
        h("span", { class: "number" }, () => coins(one().sats, chain(job))),
        show(() => one().address || one().script_hex, () => (one.peek().address ? copyable(one.peek().address, { label: t("blocks.address") }) : h("code", { class: "soft" }, one.peek().script_hex || t("core.unknown")))),
      )),
  );
}

function bytesOf(job) {
  const pieces = computed(() => dissect(job().coinbase_hex, job().extranonce_at, job().extranonce_size ?? 0).map((one, at) => ({ ...one, at })));
  const kinds = () => [...new Set(pieces().map((one) => one.kind))];
  return h(
    "div",
    { class: "bytes" },
    h("div", { class: "bytes-hex", tabindex: "0", role: "region", "aria-label": () => t("blocks.bytes") },
      each(pieces, (one) => one.at, (one) => h("code", { class: () => `byte byte-${one().kind}`, title: () => t(`blocks.byte.${one().kind}`) }, () => one().hex))),
    h("ul", { class: "bytes-legend" }, each(kinds, (kind) => kind, (kind) => h("li", {}, h("span", { class: () => `byte byte-key byte-${kind()}` }), () => t(`blocks.byte.${kind()}`)))),
  );
}

export function template() {
  const error = signal(null);
  const at = signal(0);
  const { job, ask, tabs } = jobOfSource(error.set, () => {
    error.set(null);
    at.set(serverNow());
  });
  every(15, ask);
  on("job", ask);
  const age = () => {
    overview(); // once a second
    return duration(Math.max(0, Math.round(job().age_s + (serverNow() - at()) / 1000)));
  };
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("blocks.template")), show(() => Boolean(job()), (some) => (some ? h("span", { class: "soft" }, () => t(job().job_id ? "blocks.template_says" : "blocks.template_unmined", { job: job().job_id, age: age() })) : null))),
    tabs,
    show(
      () => (job() ? "job" : error() ? "error" : job() === null ? "none" : ""),
      (state) => {
        if (state === "error") {
          const { text, remedy } = trouble(error.peek());
          return h("div", { class: "empty" }, icon("wait", { size: 40 }), h("h2", {}, text), remedy ? h("p", {}, remedy) : null, h("a", { href: "/sources" }, () => t("core.nav_sources")));
        }
        if (state === "none") {
          return h("div", { class: "empty" }, icon("wait", { size: 40 }), h("h2", {}, noJob), h("a", { href: "/sources" }, () => t("core.nav_sources")));
        }
        if (!state) return null;
        return [
          picture(job),
          h("h3", {}, why(() => t("blocks.outputs"), () => t("blocks.outputs_why"), { label: () => t("blocks.outputs") })),
          outputs(job),
          h("h3", {}, () => t("blocks.bytes")),
          bytesOf(job),
        ];
      },
    ),
  );
}
