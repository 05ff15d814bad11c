// The arithmetic of the shaft.
//
// Responsible for: flows to places: which miners are shown by name, in which order, how wide everything is. Pure: no page.
// Not responsible for: drawing (parts/shaft.js).
//
// All ribbons have one scale: pixels per hash per second, as large as both sides allow. Order and choice are sticky (what
// was shown stays where it was unless there is a reason), so that the noise of measuring moves nothing.

const ROW = 24; // pixels that a miner's name needs
const SOURCE = { false: 76, true: 84 };
const GAP = 6; // between the bars of neighbours
const STAY = 1.4; // a hidden miner takes a place only when it is so much faster
const KEEP = 1.3; // another source becomes a miner's first only when it gives so much more

/** What `arrange` remembers from one picture to the next. */
export const memory = () => ({ shown: new Set(), first: new Map() });

/** Shaft and source names to {height, sources, miners, ribbons, perHash}; `memory` is read and written. */
export function arrange(flows, names, kept, { large = false, rows = large ? 28 : 14 } = {}) {
  const order = new Map([...names, ...flows.map((flow) => flow.source)].map((name) => [name, 0]));
  [...order.keys()].forEach((name, at) => order.set(name, at));
  const miners = choose(group(flows), kept, rows);
  const lines = rowsOf(miners, order, kept);
  const sources = [...order.keys()].map((name) => ({ name, hashrate: 0, rate: 0, miners: 0 }));
  for (const line of lines) for (const [name, part] of line.parts) sources[order.get(name)].hashrate += part;
  // Where nobody is, nothing is mined; where nobody was measured yet, it is unknown how much.
  for (const source of sources) source.rate = source.hashrate || (lines.some((line) => line.parts.has(source.name)) ? null : 0);
  for (const line of lines) sources[order.get(line.first)].miners += line.miners;
  const least = SOURCE[large];
  const height = Math.max(large ? 320 : 220, sources.length * (least + 8), lines.length * ROW + (large ? 200 : 140));
  const total = sources.reduce((sum, each) => sum + each.hashrate, 0);
  const perHash = scale(sources, lines, total, height, least);
  spread(sources, perHash, least, height);
  spread(lines, perHash, ROW, height);
  return { height, sources, miners: lines, ribbons: ribbons(sources, lines, order, perHash), perHash, total };
}

function group(flows) {
  const found = new Map();
  for (const flow of flows) {
    const id = flow.key || `more:${flow.source}`;
    const miner = found.get(id) ?? { id, key: flow.key, alias: flow.alias, miners: flow.miners, hashrate: 0, parts: new Map() };
    const hashrate = flow.hashrate ?? 0;
    miner.parts.set(flow.source, (miner.parts.get(flow.source) ?? 0) + hashrate);
    miner.hashrate += hashrate;
    found.set(id, miner);
  }
  return [...found.values()];
}

// Those that are shown by name; the others become one row for each source.
function choose(miners, kept, rows) {
  const named = miners.filter((each) => each.key);
  const weight = (each) => each.hashrate * (kept.shown.has(each.key) ? STAY : 1);
  const fits = named.length <= rows;
  const by = fits ? named : [...named].sort((a, b) => weight(b) - weight(a)).slice(0, rows);
  kept.shown = new Set(by.map((each) => each.key));
  return { by, rest: miners.filter((each) => !kept.shown.has(each.key)) };
}

function first(miner, kept) {
  const before = kept.first.get(miner.id);
  let best = before;
  for (const [name, part] of miner.parts) {
    if (part > (miner.parts.get(best) ?? -1) * (best === before ? KEEP : 1)) best = name;
  }
  if (!miner.parts.has(best)) best = miner.parts.keys().next().value;
  kept.first.set(miner.id, best);
  return best;
}

function rowsOf({ by, rest }, order, kept) {
  const more = new Map();
  const all = by.map((each) => ({ ...each, first: first(each, kept) }));
  for (const miner of rest) {
    const most = first(miner, kept);
    for (const [name, part] of miner.parts) {
      const row = more.get(name) ?? { id: `more:${name}`, key: "", alias: "", miners: 0, hashrate: 0, parts: new Map(), first: name };
      row.hashrate += part;
      row.parts.set(name, (row.parts.get(name) ?? 0) + part);
      if (name === most) row.miners += miner.miners;
      more.set(name, row);
    }
  }
  for (const id of kept.first.keys()) if (![...all, ...rest].some((each) => each.id === id)) kept.first.delete(id);
  const natural = (a, b) => a.alias.localeCompare(b.alias, undefined, { numeric: true }) || (a.id < b.id ? -1 : 1);
  return [...all, ...more.values()].map((each) => ({ ...each, rate: each.hashrate || null })).sort(
    (a, b) => order.get(a.first) - order.get(b.first) || !a.key - !b.key || natural(a, b),
  );
}

const slot = (each, perHash, least) => Math.max(least, each.hashrate * perHash + GAP);

function scale(sources, lines, total, height, least) {
  if (!(total > 0)) return 0;
  const needs = (per) => Math.max(...[[sources, least], [lines, ROW]].map(([list, min]) => list.reduce((sum, each) => sum + slot(each, per, min), 0)));
  // A single miner is a ribbon, not a wall.
  let [low, high] = [0, Math.min(height * 0.8, 48 + 56 * lines.length) / total];
  if (needs(high) <= height) return high;
  for (let round = 0; round < 30; round++) {
    const middle = (low + high) / 2;
    if (needs(middle) <= height) low = middle;
    else high = middle;
  }
  return low;
}

function spread(list, perHash, least, height) {
  const spare = Math.max(0, height - list.reduce((sum, each) => sum + slot(each, perHash, least), 0)) / Math.max(1, list.length);
  let y = 0;
  for (const each of list) {
    each.slot = slot(each, perHash, least) + spare;
    each.y = y;
    each.bar = Math.max(each.hashrate > 0 ? 1.5 : 0, each.hashrate * perHash);
    each.barY = y + (each.slot - each.bar) / 2;
    y += each.slot;
  }
}

function ribbons(sources, lines, order, perHash) {
  const used = sources.map((each) => each.barY);
  const found = [];
  for (const line of lines) {
    let y = line.barY;
    const parts = [...line.parts].sort(([a], [b]) => order.get(a) - order.get(b));
    for (const [name, part] of parts) {
      const wide = Math.max(1.5, part * perHash);
      const at = order.get(name);
      found.push({ id: `${name}\0${line.id}`, source: name, key: line.key, alias: line.alias, miners: line.miners, hashrate: part, rate: part || null, left: used[at], right: y, wide });
      used[at] += part * perHash;
      y += part * perHash;
    }
  }
  return found;
}

/** A smooth band from height `left` at x 0 to height `right` at x 100. */
export const band = ({ left, right, wide }) => {
  const [a, b, c, d] = [left, right, right + wide, left + wide].map((each) => Math.round(each * 10) / 10);
  return `M0 ${a}C50 ${a} 50 ${b} 100 ${b}L100 ${c}C50 ${c} 50 ${d} 0 ${d}Z`;
};

/** A planned move: a band that leaves a source's bar and comes back to another's; {path, x, y} with the place of its words. */
export function ghost(from, to, wide) {
  const [a, b] = [from.barY + from.bar / 2, to.barY + to.bar / 2];
  const half = Math.max(3, wide / 2);
  const reach = 46;
  const [near, far] = a < b ? [-half, half] : [half, -half];
  const out = `M0 ${a + near}C${reach + 8} ${a + near} ${reach + 8} ${b + far} 0 ${b + far}`;
  const back = `L0 ${b + near}C${reach - 8} ${b + near} ${reach - 8} ${a + far} 0 ${a + far}Z`;
  return { path: out + back, x: reach * 0.75, y: (a + b) / 2 };
}

/** Shares (0..1, null for unknown) as whole percents that add up as the shares do: what rounding leaves goes to the largest remainders. */
export function percents(shares) {
  // Without the dust of binary fractions, which would decide between equal remainders.
  const exact = shares.map((share) => Math.round((share ?? 0) * 1e9) / 1e7);
  const whole = exact.map(Math.floor);
  const rest = Math.round(exact.reduce((sum, each) => sum + each, 0)) - whole.reduce((sum, each) => sum + each, 0);
  const order = exact.map((each, at) => [each - whole[at], at]).sort(([a, first], [b, second]) => b - a || first - second);
  for (const [, at] of order.slice(0, Math.max(0, rest))) whole[at] += 1;
  return shares.map((share, at) => (share === null || share === undefined ? null : whole[at] / 100));
}

/** Places of the boundaries of a bar of this height, kept apart so that each can be gripped. */
export function boundaries(shares, height, apart) {
  const sum = shares.reduce((all, each) => all + each, 0) || 1;
  let at = 0;
  const exact = shares.slice(0, -1).map((share) => (at += (share / sum) * height));
  const count = exact.length;
  const places = exact.map((each, i) => Math.min(Math.max(each, apart * (i + 0.5)), height - apart * (count - i - 0.5)));
  for (let i = 1; i < count; i++) places[i] = Math.max(places[i], places[i - 1] + apart);
  return { exact, places };
}
