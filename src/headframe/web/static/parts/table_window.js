// A long list of which the server has the rest.
//
// Responsible for: fetching the pages of a list that somebody looks at, keeping some, taking new values in place.
// Not responsible for: what is asked (the page's `ask`), drawing (parts/table.js).
//
//   const data = windowed({ ask, key, size })
//     ask   async (offset, limit) => ({ matching, rows, info }); called again for new values
//     key   (row) => its name, the same as long as it is the same thing
//   data.count()        how many rows there are; null until the first answer
//   data.at(index)      the row, or undefined while it is not here yet; live
//   data.info()         `info` of the newest answer
//   data.resets()       how often another question was asked
//   data.trouble()      what the last asking failed with, or null
//   data.want(from, to) these are looked at; what is missing is fetched
//   data.renew(hold)    newer values of what is looked at; with `hold` rows stay where they are, whatever the order says now
//   data.reset()        another question: everything anew; what is shown stays until the answer is here
//   data.all(most)      all rows, up to so many; a promise

import { signal } from "../core/signals.js";

const KEPT_PAGES = 30;

export function windowed({ ask, key = (row) => row.key, size = 100 }) {
  const pages = new Map(); // number of the page -> rows; at most KEPT_PAGES, the ones farthest from the view go
  const version = signal(0);
  const count = signal(null);
  const info = signal(null);
  const trouble = signal(null);
  const busy = signal(false);
  const resets = signal(0);
  const loading = new Set();
  let turn = 0;
  let fresh = true; // the next answer belongs to another question than what is kept
  let view = [0, 0];

  const numbers = () => {
    const last = Math.max(0, count.peek() === null ? 0 : Math.min(view[1], count.peek() - 1));
    const found = [];
    for (let at = Math.floor(view[0] / size); at <= Math.floor(last / size); at++) found.push(at);
    return found;
  };

  function take(number, rows, hold) {
    const old = pages.get(number);
    if (hold && old) {
      const now = new Map(rows.map((row) => [key(row), row]));
      rows = old.map((row) => now.get(key(row)) ?? row);
    }
    pages.set(number, rows);
    if (pages.size > KEPT_PAGES) {
      const middle = (view[0] + view[1]) / 2 / size;
      const [farthest] = [...pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
      pages.delete(farthest);
    }
  }

  async function load(number, hold = false) {
    if (loading.has(number)) return;
    const mine = turn;
    loading.add(number);
    busy.set(true);
    try {
      const answer = await ask(number * size, size);
      if (mine !== turn) return;
      if (fresh) pages.clear();
      fresh = false;
      // A list that became longer or shorter cannot keep its rows where they are.
      take(number, answer.rows, hold && answer.matching === count.peek());
      count.set(answer.matching);
      info.set(answer.info ?? null);
      trouble.set(null);
      version.set(version.peek() + 1);
    } catch (error) {
      if (mine === turn && error.name !== "AbortError") trouble.set(error);
    } finally {
      if (mine === turn) {
        loading.delete(number);
        busy.set(loading.size > 0);
      }
    }
  }

  return {
    count,
    info,
    trouble,
    busy,
    resets,
    at(index) {
      version();
      return pages.get(Math.floor(index / size))?.[index % size];
    },
    want(from, to) {
      view = [from, to];
      for (const number of numbers()) if (!pages.has(number)) load(number);
    },
    renew: (hold) => Promise.all(numbers().map((number) => load(number, hold))),
    reset() {
      turn += 1;
      fresh = true;
      loading.clear();
      view = [0, size - 1];
      resets.set(turn);
      return load(0);
    },
    async all(most) {
      const found = [];
      while (found.length < most) {
        const { rows, matching } = await ask(found.length, Math.min(size, most - found.length));
        found.push(...rows);
        if (!rows.length || found.length >= matching) break;
      }
      return found;
    },
  };
}

/** The same for a list that is all here: `list()` rows. */
export function listed(list) {
  return {
    count: () => list()?.length ?? null,
    info: () => null,
    trouble: () => null,
    busy: () => false,
    resets: () => 0,
    at: (index) => list()?.[index],
    want() {},
    renew: async () => {},
    reset: async () => {},
    all: async (most) => (list() ?? []).slice(0, most),
  };
}
