// The small lines of many miners.
//
// Responsible for: asking for them in few requests, only for miners that are looked at, and keeping them for a while.
// Not responsible for: drawing (parts/sparkline.js).

import { api, query } from "../../core/api.js";
import { signal } from "../../core/signals.js";

const KEPT = 600;
const AT_ONCE = 100;
const GOOD_FOR_MS = 600_000;
const known = new Map(); // key -> {values: signal, asked: ms}; at most KEPT, the ones longest not asked for go
const due = new Set();
let timer = 0;

async function fetchDue() {
  timer = 0;
  const keys = [...due].slice(0, AT_ONCE);
  for (const key of keys) due.delete(key);
  if (due.size) timer = setTimeout(fetchDue, 100);
  // A line less is no reason to complain; the table says itself when the server does not answer.
  const found = await api.get(query("workers/sparklines", { key: keys })).catch(() => ({}));
  for (const key of keys) if (found[key]) known.get(key)?.values.set(found[key]);
}

/** Hashrate of the last 24 hours by the hour, null until it is known; live. */
export function sparkOf(key) {
  let one = known.get(key);
  if (!one) {
    one = { values: signal(null), asked: 0 };
    if (known.size >= KEPT) known.delete(known.keys().next().value);
  }
  known.delete(key);
  known.set(key, one);
  if (Date.now() - one.asked > GOOD_FOR_MS) {
    one.asked = Date.now();
    due.add(key);
    timer ||= setTimeout(fetchDue, 100);
  }
  return one.values();
}
