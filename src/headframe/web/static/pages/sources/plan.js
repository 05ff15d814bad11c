// What a change would move, in words.
//
// Responsible for: planned moves as a list; what pausing or removing a source would move, and the pins that lead to it.
// Not responsible for: reckoning it (the server), asking whether it shall be done (pages/sources/card.js, weights.js).

import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { count, hashrate } from "../../core/format.js";
import { t } from "../../core/i18n.js";

// Without a whole miner it is a part of one's time.
const sentence = (move) => `sources.preview_move${move.miners ? "" : "_part"}${move.hashrate === null ? "_unmeasured" : ""}`;
const words = (move) =>
  t(sentence(move), {
    from: move.from_source || t("sources.nowhere"),
    to: move.to_source || t("sources.nowhere"),
    hashrate: hashrate(move.hashrate),
    count: move.miners,
    miners: count(move.miners),
  });

export const moveList = (moves) => h("ul", { class: "plan" }, moves.map((move) => h("li", {}, words(move))));

/** What would move without this source; null when that cannot be said. */
export const planWithout = (name) => api.post("sources/preview", { without: [name] }).catch(() => null);

/** The plan as paragraphs of a question; `act` is pause or remove. */
export function consequences(plan, act) {
  if (!plan) return [t("sources.plan_unknown")];
  return [
    plan.moves.length ? [h("p", {}, t("sources.plan_moves")), moveList(plan.moves)] : (nothing(plan) ?? []),
    plan.pinned ? [h("p", {}, t(`sources.${act}_pins`, { count: plan.pinned, pins: count(plan.pinned) })), pins(plan)] : [],
  ].flat();
}

/** Why nothing moves by weight; whoever is pinned there goes all the same. */
function nothing(plan) {
  if (!Object.values(plan.then).some((share) => share > 0)) return t("sources.plan_nowhere");
  return plan.pinned ? null : t("sources.plan_nothing");
}

function pins(plan) {
  const more = plan.pinned - plan.pins.length;
  return h(
    "ul",
    { class: "plan plan-pins" },
    plan.pins.map((worker) => h("li", {}, h("bdi", {}, worker))),
    more > 0 && plan.pins.length ? h("li", {}, t("sources.pins_more", { count: more, more: count(more) })) : null,
  );
}
