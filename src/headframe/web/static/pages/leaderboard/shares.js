// The best shares, and the scale that they are drawn on.
//
// Responsible for: asking for them every half minute, the difficulty that a block needs, a log scale that holds all.
// Not responsible for: showing them (pages/leaderboard.js, pages/kiosk).

import { api, query } from "../../core/api.js";
import { dashboard } from "../../core/live.js";
import { effect, every, signal, untracked } from "../../core/signals.js";
import { complain } from "../../parts/dialog.js";

const ASK_S = 30;

/** Best first, null until known; `period()` is day or all. */
export function bestShares(period, limit = 100) {
  const shares = signal(null);
  let asked = "";
  effect(() => {
    const wanted = period() === "all" ? "all" : "day";
    untracked(() =>
      every(ASK_S, () => {
        asked = wanted;
        api.get(query("best-shares", { period: wanted, limit })).then((found) => asked === wanted && shares.set(found), complain);
      }),
    );
  });
  return shares;
}

/** What a block needs on the network that is mined on most; null while unknown. */
export const needs = () => dashboard()?.networks[0]?.difficulty ?? null;


/** {at(difficulty), needs}: percent of the width on a log scale that ends a little above the highest of all. */
export function scaleOf(shares, needed) {
  const values = [...shares.map((share) => share.difficulty), ...(needed ? [needed] : [])].filter((value) => value > 0);
  if (!values.length) return { at: () => 0, needs: null };
  // From a tenth of the least, so that it has a bar, too.
  const [low, high] = [Math.log10(Math.min(...values)) - 1, Math.log10(Math.max(...values))];
  const at = (value) => Math.round((Math.max(0, Math.log10(value) - low) / ((high - low) * 1.02)) * 1000) / 10;
  return { at, needs: needed ? at(needed) : null };
}
