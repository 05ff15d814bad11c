// Which page.
//
// Responsible for: paths to pages, links without reloading, where the focus goes.
// Not responsible for: what a page shows (pages/*).

import { signal } from "./signals.js";

/** {path, search (URLSearchParams)} of the page that was opened; a new one opens the page anew. */
export const place = signal(read());
/** The query as it is now: follows `setSearch` too, which changes it under the open page. */
export const search = signal(place.peek().search);
const guards = new Set();

function read() {
  return { path: location.pathname, search: new URLSearchParams(location.search) };
}

function arrive() {
  const here = read();
  search.set(here.search);
  place.set(here);
}

export function go(to, { replace = false } = {}) {
  for (const guard of guards) if (!guard()) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  arrive();
  scrollTo(0, 0);
}

/** Change the query without another history entry, and without opening the page anew; empty values go. */
export function setSearch(values) {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    next.delete(name);
    for (const each of [value].flat()) if (each !== "" && each !== null && each !== undefined) next.append(name, each);
  }
  const text = next.toString();
  history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
  search.set(next);
}

/** Ask before leaving a page with unsaved changes: `mayLeave()` false stays. Returns a function that lifts it. */
export function guard(mayLeave) {
  guards.add(mayLeave);
  return () => guards.delete(mayLeave);
}

/** "/miners/:key" against "/miners/ab": {key: "ab"}, or null. */
export function match(pattern, path) {
  const [want, have] = [pattern.split("/"), path.replace(/\/+$/, "").split("/")];
  if (want.length !== have.length && !(pattern === "/" && path === "/")) return null;
  const found = {};
  for (const [at, piece] of want.entries()) {
    if (piece.startsWith(":")) found[piece.slice(1)] = decodeURIComponent(have[at] ?? "");
    else if (piece !== (have[at] ?? "")) return null;
  }
  return found;
}

export function begin() {
  addEventListener("popstate", arrive);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/") || link.pathname.startsWith("/static/")) return;
    event.preventDefault();
    if (link.hash && link.pathname === location.pathname) document.querySelector(link.hash)?.focus();
    else go(link.pathname + link.search);
  });
}
