// Shares that always sum up.
//
// Responsible for: weights as tenths of a percent, changing one so that the others make up the difference by their ratio.
// Not responsible for: the page (pages/sources/weights.js). Nothing here touches the document; tests run it as it is.
//
// Shares are {name: tenths}; all of them sum up to WHOLE. Locked ones stay as they are.

export const WHOLE = 1000;

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

/** Give `name` this share; the others that are not locked share the difference by their ratio, equally where all have none. */
export function give(shares, locked, name, wanted) {
  const [least, most] = boundsOf(shares, locked, name);
  const share = Math.min(most, Math.max(least, Math.round(wanted)));
  const free = Object.keys(shares).filter((each) => each !== name && !locked.has(each));
  const kept = Object.keys(shares).filter((each) => each !== name && locked.has(each)).reduce((sum, each) => sum + shares[each], 0);
  const rest = WHOLE - share - kept;
  const had = free.reduce((sum, each) => sum + shares[each], 0);
  const exact = Object.fromEntries(free.map((each) => [each, had ? (shares[each] * rest) / had : rest / free.length]));
  // In the order of the configuration, whatever the order of arithmetic was.
  const next = { ...rounded(exact, rest), [name]: share };
  return Object.fromEntries(Object.keys(shares).map((each) => [each, next[each] ?? shares[each]]));
}

/** Weights to send: whole percents where they are whole. */
export function weightsOf(shares) {
  const whole = Object.values(shares).every((each) => each % 10 === 0);
  return Object.fromEntries(Object.entries(shares).map(([name, each]) => [name, whole ? each / 10 : each]));
}
