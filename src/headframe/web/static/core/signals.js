// Values that can be watched, and what follows from them.
//
// Responsible for: signals, effects that run again when what they read changes, and scopes that end them together.
// Not responsible for: the page (core/dom.js).
//
// A signal is called to read it: `const n = signal(1); n()`; `n.set(2)`; `n.peek()` reads without watching. Effects of one
// turn run together in a microtask, each once.

let watcher = null;
let owner = null;
const due = new Set();
let flushing = false;

function flush() {
  flushing = false;
  const batch = [...due];
  due.clear();
  for (const one of batch) if (!one.ended) one.run();
}

function schedule(one) {
  due.add(one);
  if (!flushing) {
    flushing = true;
    queueMicrotask(flush);
  }
}

export function signal(initial) {
  let value = initial;
  const watchers = new Set();
  const read = () => {
    if (watcher) {
      watchers.add(watcher);
      watcher.sources.add(watchers);
    }
    return value;
  };
  read.peek = () => value;
  read.set = (next) => {
    if (Object.is(next, value)) return;
    value = next;
    for (const one of watchers) schedule(one);
  };
  return read;
}

/** Run `body` now and whenever a signal that it read changes; ends with its scope. Returns a function that ends it. */
export function effect(body) {
  const self = { sources: new Set(), cleanups: [], ended: false, run: null };
  const forget = () => {
    for (const watchers of self.sources) watchers.delete(self);
    self.sources.clear();
    for (const cleanup of self.cleanups.splice(0)) cleanup();
  };
  self.run = () => {
    forget();
    const [outerWatcher, outerOwner] = [watcher, owner];
    watcher = self;
    owner = self;
    try {
      body();
    } finally {
      watcher = outerWatcher;
      owner = outerOwner;
    }
  };
  const end = () => {
    self.ended = true;
    forget();
  };
  if (owner) owner.cleanups.push(end);
  self.run();
  return end;
}

/** A signal that follows from others. */
export function computed(body) {
  const result = signal(undefined);
  effect(() => result.set(body()));
  return result;
}

/** Run when the scope (or the running effect) ends. */
export function onEnd(cleanup) {
  if (owner) owner.cleanups.push(cleanup);
}

/** Run `body` with a scope of its own: [what it returned, a function that ends all effects begun in it]. */
export function scope(body) {
  const self = { cleanups: [] };
  const [outerWatcher, outerOwner] = [watcher, owner];
  watcher = null;
  owner = self;
  try {
    const value = body();
    return [value, () => self.cleanups.splice(0).forEach((cleanup) => cleanup())];
  } finally {
    watcher = outerWatcher;
    owner = outerOwner;
  }
}

/** Read signals without watching them. */
export function untracked(body) {
  const outer = watcher;
  watcher = null;
  try {
    return body();
  } finally {
    watcher = outer;
  }
}

/** Call `body` every `seconds` while the scope lives and the page is visible; once now unless `later`. */
export function every(seconds, body, { later = false } = {}) {
  const tick = () => {
    if (document.visibilityState === "visible") body();
  };
  if (!later) body();
  const timer = setInterval(tick, seconds * 1000);
  document.addEventListener("visibilitychange", tick);
  onEnd(() => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
  });
}
