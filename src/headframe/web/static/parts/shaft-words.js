// Names and addresses of what the shaft shows.
//
// Responsible for: where a source's page is, what a miner (or the rest of them, in one) is called, what a source was wanted
// to get and got, and over how long, for whom a miner mined in turn.
// Not responsible for: how a source is (shaft-state.js), drawing (shaft.js, shaft-list.js).

import { count, duration, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { percents } from "./shaft-layout.js";

export const sourcePath = (name) => `/sources?source=${encodeURIComponent(name)}`;
export const minerName = (miner) => (miner.key ? miner.alias : t("core.shaft_more", { count: miner.miners, shown: count(miner.miners) }));

const MINUTE = 60;
/** A time that something is measured over, without what ticks. */
export const span = (seconds) => duration(seconds < MINUTE ? Math.max(1, Math.floor(seconds)) : seconds - (seconds % MINUTE));

/** "wanted 50 %, delivered 52 % (1 h)" by the name of each source; the percents of all of them add up. */
export function sharesSaid(sources) {
  if (sources.length < 2) return new Map();
  const wanted = percents(sources.map((one) => one.target_share));
  const delivered = percents(sources.map((one) => one.delivered_share));
  return new Map(
    sources.map((one, at) => {
      if (wanted[at] === null) return [one.name, ""];
      const words = { wanted: percent(wanted[at], 0), delivered: percent(delivered[at], 0) };
      return [one.name, delivered[at] === null ? t("core.shaft_share_wanted", words) : t("core.shaft_share", { ...words, time: span(one.delivered_over_s) })];
    }),
  );
}

/** What a miner that mines for several sources in turn did for each of them; "" for others. */
export function turns(miner) {
  if (!miner.key || miner.parts.size < 2) return "";
  const parts = [...miner.parts].sort(([, a], [, b]) => b - a);
  const shares = percents(parts.map(([, part]) => part / miner.hashrate));
  return t("core.shaft_turns", { parts: parts.map(([name], at) => `${name} ${percent(shares[at], 0)}`).join(", ") });
}
