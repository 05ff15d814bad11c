// Weights that are wanted but not applied yet.
//
// Responsible for: the draft (it outlives leaving the page), locks, what applying it would move, applying and taking back.
// Not responsible for: showing any of it (pages/sources/weights.js).

import { api } from "../../core/api.js";
import { t } from "../../core/i18n.js";
import { said } from "../../core/said.js";
import { signal } from "../../core/signals.js";
import { complain, toast } from "../../parts/dialog.js";
import { boundsOf, follow, sharesOf, weightsOf } from "./balance.js";

const SETTLE_MS = 250;

export const draft = signal(null); // {tier: shares} of the tiers that were changed, or null
export const locked = signal(new Set());
/** WeightPreview of the draft, or null. */
export const preview = signal(null);
export const busy = signal(false);
/** What the weights were before they were last applied, for taking that back; null when there is nothing to take back. */
export const before = signal(null);

let last = null; // the slider that is moved
let timer = 0;
let turn = 0;

export const tiersOf = (sources) => [...new Set(sources.map((one) => one.tier))].sort((a, b) => a - b);
const membersOf = (sources, tier) => sources.filter((one) => one.tier === tier);

/** The shares of a tier: as drafted, or as they are. A draft for other sources than there are is none. */
export function sharesNow(sources, tier) {
  const members = membersOf(sources, tier);
  const drafted = draft()?.[tier];
  if (drafted && members.length === Object.keys(drafted).length && members.every((one) => one.name in drafted)) return drafted;
  return sharesHeld(members);
}

const sharesHeld = (members) => sharesOf(Object.fromEntries(members.map((one) => [one.name, one.weight])));

export const limits = (sources, tier, name) => boundsOf(sharesNow(sources, tier), locked(), name);

function ask(weights) {
  clearTimeout(timer);
  const mine = ++turn;
  timer = setTimeout(async () => {
    try {
      const found = await api.post("sources/preview", { weights });
      if (mine === turn) preview.set(found);
    } catch (error) {
      if (mine === turn) complain(error);
    }
  }, SETTLE_MS);
}

/** All weights: of the tiers that were drafted as drafted, of the others as they are. */
function drafted(sources) {
  const weights = Object.fromEntries(sources.map((one) => [one.name, one.weight]));
  for (const tier of Object.keys(draft.peek() ?? {})) Object.assign(weights, weightsOf(sharesNow(sources, Number(tier))));
  return weights;
}

function change(sources, tier, shares) {
  const held = sharesHeld(membersOf(sources, tier));
  const next = { ...draft.peek(), [tier]: shares };
  if (Object.keys(shares).every((name) => shares[name] === held[name])) delete next[tier];
  if (!Object.keys(next).length) return discard();
  draft.set(next);
  ask(drafted(sources));
}

export function set(sources, tier, name, tenths) {
  last = follow(last, sharesNow(sources, tier), locked.peek(), name, tenths);
  change(sources, tier, last.shares);
}

/** Two neighbours share what both have together, in whole percents of the first: a hand is no finer. */
export function trade(sources, tier, pair) {
  if (Object.keys(pair).some((name) => locked.peek().has(name))) return;
  const now = sharesNow(sources, tier);
  const [[first, wanted], [second]] = Object.entries(pair);
  const sum = now[first] + now[second];
  const share = Math.min(sum, Math.max(0, Math.round(wanted * 100) * 10));
  change(sources, tier, { ...now, [first]: share, [second]: sum - share });
}

export function toggleLock(name) {
  const next = new Set(locked.peek());
  if (!next.delete(name)) next.add(name);
  locked.set(next);
}

export function discard() {
  clearTimeout(timer);
  turn += 1;
  draft.set(null);
  preview.set(null);
}

/** Say what a change to the configuration brings with it besides. */
export function sayResult(result) {
  for (const doubt of result.doubts ?? []) toast(said(doubt.text), { kind: "warn", remedy: said(doubt.remedy) });
  if (result.needs_restart?.length) toast(t("sources.needs_restart", { paths: result.needs_restart.join(", ") }), { kind: "warn", remedy: t("sources.needs_restart_remedy") });
}

async function send(weights, said) {
  busy.set(true);
  try {
    for (const result of [await api.patch("sources", { weights })].flat()) sayResult(result);
    toast(said);
    return true;
  } catch (error) {
    complain(error);
    return false;
  } finally {
    busy.set(false);
  }
}

export async function apply(sources) {
  const had = Object.fromEntries(sources.map((one) => [one.name, one.weight]));
  const wanted = drafted(sources);
  if (await send(wanted, t("sources.applied"))) {
    discard();
    before.set(had);
  }
}

export async function takeBack() {
  if (before.peek() && (await send(before.peek(), t("sources.taken_back")))) before.set(null);
}
