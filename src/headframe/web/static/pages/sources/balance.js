// Shares that always sum up.
//
// Responsible for: weights as tenths of a percent, changing one so that the others make up the difference by their ratio.
// Not responsible for: the page (pages/sources/weights.js). Nothing here touches the document; tests run it as it is.
//
// Shares are {name: tenths}; all of them sum up to WHOLE. Locked ones stay as they are. What is asked in whole percents
// leaves whole percents, so that the file says 53, 28, 19 and not 530, 282, 188.

export const WHOLE = 1000;
const PERCENT = 10;

/** Whole numbers as near to these as possible that sum up to `whole`: what rounding leaves goes to the largest remainders. */
function rounded(exact, whole) {
  const names = Object.keys(exact);
  const shares = Object.fromEntries(names.map((name) => [name, Math.floor(exact[name])]));
  let rest = Math.round(whole - names.reduce((sum, name) => sum + shares[name], 0));
  const order = [...names].sort((a, b) => exact[b] - shares[b] - (exact[a] - shares[a]));
  for (let at = 0; rest > 0 && order.length; at = (at + 1) % order.length, rest -= 1) shares[order[at]] += 1;
  return shares;
}

/** {name: weight} to shares; without any weight everyone gets nothing. */
export function sharesOf(weights) {
  const sum = Object.values(weights).reduce((all, each) => all + each, 0);
  if (!sum) return Object.fromEntries(Object.keys(weights).map((name) => [name, 0]));
  return rounded(Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, (weight * WHOLE) / sum])), WHOLE);
}

/** The most and the least that `name` can have while the locked others keep theirs. */
export function boundsOf(shares, locked, name) {
  const others = Object.keys(shares).filter((each) => each !== name);
  const kept = others.filter((each) => locked.has(each)).reduce((sum, each) => sum + shares[each], 0);
  const free = others.some((each) => !locked.has(each));
  return free ? [0, Math.max(0, WHOLE - kept)] : [WHOLE - kept, WHOLE - kept];
}

/** The same in whole percents; null where `whole` is none, or somebody who had a part would be left with nothing. */
function inPercents(exact, whole) {
  if (whole % PERCENT) return null;
  const percents = rounded(Object.fromEntries(Object.entries(exact).map(([name, each]) => [name, each / PERCENT])), whole / PERCENT);
  if (Object.keys(exact).some((name) => exact[name] > 0 && !percents[name])) return null;
  return Object.fromEntries(Object.entries(percents).map(([name, each]) => [name, each * PERCENT]));
}

/** Give `name` this share; the others that are not locked share the difference by their ratio, equally where all have none. */
export function give(shares, locked, name, wanted) {
  const [least, most] = boundsOf(shares, locked, name);
  const share = Math.min(most, Math.max(least, Math.round(wanted)));
  if (share === shares[name]) return shares;
  const free = Object.keys(shares).filter((each) => each !== name && !locked.has(each));
  const kept = Object.keys(shares).filter((each) => each !== name && locked.has(each)).reduce((sum, each) => sum + shares[each], 0);
  const rest = WHOLE - share - kept;
  const had = free.reduce((sum, each) => sum + shares[each], 0);
  const exact = Object.fromEntries(free.map((each) => [each, had ? (shares[each] * rest) / had : rest / free.length]));
  // In the order of the configuration, whatever the order of arithmetic was.
  const next = { ...(inPercents(exact, rest) ?? rounded(exact, rest)), [name]: share };
  return Object.fromEntries(Object.keys(shares).map((each) => [each, next[each] ?? shares[each]]));
}

/** As `give`, for one share that is changed again and again: always from where that began, so that what is moved back
 *  leaves no trace. `last` is what this gave before. */
export function follow(last, shares, locked, name, wanted) {
  const goes = last !== null && last.shares === shares && last.locked === locked && last.name === name;
  const from = goes ? last.from : shares;
  return { name, locked, from, shares: give(from, locked, name, wanted) };
}

/** The part (0..1) that this weight is of a tier in which the others have `others`; null where nobody has any. */
export function partOf(weight, others) {
  const sum = others.reduce((all, each) => all + each, weight);
  return sum > 0 ? weight / sum : null;
}

/** A weight for one more beside these: as much as they have on average; null where they have none. */
export function fitting(others) {
  const having = others.filter((each) => each > 0);
  return having.length ? Math.max(1, Math.round(having.reduce((all, each) => all + each, 0) / having.length)) : null;
}

/** Weights to send: whole percents where they are whole. */
export function weightsOf(shares) {
  const whole = Object.values(shares).every((each) => each % 10 === 0);
  return Object.fromEntries(Object.entries(shares).map(([name, each]) => [name, whole ? each / 10 : each]));
}
