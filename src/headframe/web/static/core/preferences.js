// What this browser prefers.
//
// Responsible for: language, theme, columns and the like, kept in this browser only.
// Not responsible for: settings of the server.

import { effect, signal } from "./signals.js";

const PREFIX = "headframe.";
const known = new Map();

/** A signal that is kept over visits. */
export function preference(name, initial) {
  if (!known.has(name)) {
    let value = initial;
    try {
      const kept = localStorage.getItem(PREFIX + name);
      if (kept !== null) value = JSON.parse(kept);
    } catch {
      // no storage (private window), or not ours: the initial value will do
    }
    const held = signal(value);
    const set = held.set;
    held.set = (next) => {
      set(next);
      try {
        localStorage.setItem(PREFIX + name, JSON.stringify(next));
      } catch {
        // it holds for this visit
      }
    };
    known.set(name, held);
  }
  return known.get(name);
}

/** system, dark or light. */
export const theme = preference("theme", "system");

export function applyTheme() {
  effect(() => {
    if (theme() === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", theme());
  });
}
