// What the house earns.
//
// Responsible for: what found blocks pay, what is expected a day and why; in words, by chain.
// Not responsible for: the sums and the estimate: the server makes them (service/earnings.py).

import { h } from "../../core/dom.js";
import { aboutCoins, coins, count, hashrate, sats } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { dashboard } from "../../core/live.js";

const WHOLE = 1_000_000; // from here on coins read better than sats

/** An amount; `chain` "" is one that nobody knows any more. */
export const money = (amount, chain) => (chain && amount !== null && amount >= WHOLE ? coins(amount, chain) : sats(amount));

const about = (amount, chain) => (chain && amount >= WHOLE ? aboutCoins(amount, chain) : sats(amount));

/** The chains that something was earned on, or is expected to be: the main one first, those that are gone last. */
export function chains() {
  const now = dashboard();
  const names = [...new Set([...(now?.expected ?? []), ...(now?.earned ?? [])].map((one) => one.chain))];
  const place = (chain) => (chain === "btc" ? 0 : chain ? 1 : 2);
  return names.sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** What a chain's blocks paid; by the page's own sums where it has them, so that they agree with the blocks beside them. */
export const earnedOn = (chain, sums = dashboard()?.earned) => sums?.find((one) => one.chain === chain) ?? null;
export const expectedOn = (chain) => dashboard()?.expected.find((one) => one.chain === chain) ?? null;

/** Sats a day as an estimate: "≈ 64 sat". */
export function estimate(chain) {
  const found = expectedOn(chain);
  if (!found || found.sats_per_day === null) return t("core.unknown");
  const amount = found.sats_per_day ? t("dashboard.earn_about", { sats: about(found.sats_per_day, chain) }) : t("dashboard.earn_less");
  return found.complete ? amount : t("dashboard.earn_some", { sats: amount });
}

/** Why it is that much: how it is reckoned, and each source's part. */
export function reasons(chain) {
  const sources = expectedOn(chain)?.by_source ?? [];
  const line = ({ source, hashrate: rate, sats_per_day: amount }) =>
    amount === null
      ? t("dashboard.earn_of_unknown", { source, hashrate: hashrate(rate) })
      : t("dashboard.earn_of", { source, hashrate: hashrate(rate), sats: amount ? about(amount, chain) : t("dashboard.earn_less") });
  return [
    t("dashboard.earn_why"),
    sources.some((one) => one.kind !== "pool") ? t("dashboard.earn_why_own") : null,
    sources.some((one) => one.kind === "pool") ? t("dashboard.earn_why_pool") : null,
    sources.length ? h("ul", {}, sources.map((one) => h("li", {}, line(one)))) : null,
    sources.every((one) => one.sats_per_day !== null) && sources.length ? null : t("dashboard.earn_why_unknown"),
  ].filter(Boolean);
}

/** What found blocks pay, as a list of sentences. */
export function found(chain, sums) {
  const one = earnedOn(chain, sums);
  if (!one) return [t("dashboard.earn_none")];
  const amount = (sum, blocks) => ({ sats: money(sum, chain), count: blocks, blocks: count(blocks) });
  return [
    chain ? null : t("dashboard.earn_gone"),
    t("dashboard.earn_spendable", amount(one.spendable_sats, one.spendable)),
    t("dashboard.earn_maturing", amount(one.maturing_sats, one.maturing)),
    one.pending ? t("dashboard.earn_pending", amount(one.pending_sats, one.pending)) : null,
    t("dashboard.earn_found_why"),
    one.unknown ? t("dashboard.earn_unknown", { count: one.unknown, blocks: count(one.unknown) }) : null,
  ].filter(Boolean);
}
