// A coinbase in its parts.
//
// Responsible for: cutting the bytes of a coinbase into named pieces.
// Not responsible for: showing them (pages/blocks/template.js). Nothing here touches the document; tests run it as it is.

const BEGIN = 4 + 1 + 36; // version, number of inputs, the outpoint of nothing
const SEQUENCE = 4;
const LOCKTIME = 4;
const SHORTEST_TEXT = 3;

/** Where readable text begins and ends among these bytes, as [from, to) each. */
function texts(bytes, from, to) {
  const found = [];
  let begun = from;
  for (let at = from; at <= to; at++) {
    if (at < to && bytes[at] >= 0x20 && bytes[at] < 0x7f) continue;
    if (at - begun >= SHORTEST_TEXT) found.push([begun, at]);
    begun = at + 1;
  }
  return found;
}

/** [{kind, hex}] of begin, height, script, tag, extranonce, sequence, outputs, locktime; one piece "script" for what is no
 *  coinbase that can be read. `at` and `size` say where the miner's bytes are. */
export function dissect(hex, at, size) {
  const bytes = (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
  const script = BEGIN + 1;
  const end = script + (bytes[BEGIN] ?? 0);
  if (bytes[BEGIN] >= 0xfd || end + SEQUENCE + LOCKTIME > bytes.length || at < script || at + size > end) {
    const own = [["script", 0, at], ["extranonce", at, at + size], ["script", at + size, bytes.length]];
    return own.filter(([, from, to]) => to > from).map(([kind, from, to]) => ({ kind, hex: hex.slice(2 * from, 2 * to) }));
  }
  const height = bytes[script] <= 5 ? Math.min(script + 1 + bytes[script], at) : script;
  const marks = [...texts(bytes, height, at), ...texts(bytes, at + size, end)].map(([from, to]) => ["tag", from, to]);
  marks.push(["extranonce", at, at + size]);
  marks.sort((a, b) => a[1] - b[1]);
  const pieces = [["begin", 0, script], ["height", script, height]];
  let done = height;
  for (const [kind, from, to] of marks) {
    pieces.push(["script", done, from], [kind, from, to]);
    done = to;
  }
  const outputs = end + SEQUENCE;
  pieces.push(["script", done, end], ["sequence", end, outputs], ["outputs", outputs, bytes.length - LOCKTIME], ["locktime", bytes.length - LOCKTIME, bytes.length]);
  return pieces.filter(([, from, to]) => to > from).map(([kind, from, to]) => ({ kind, hex: hex.slice(2 * from, 2 * to) }));
}
