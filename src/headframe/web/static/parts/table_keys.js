// The keys of a long table.
//
// Responsible for: moving from row to row, opening and choosing the one with the focus.
// Not responsible for: anything else of parts/table.js, which this is part of.

import { go } from "../core/router.js";

export function keysOf({ active, view, count, at, href, toggle, body }) {
  const steps = {
    ArrowDown: () => 1,
    ArrowUp: () => -1,
    PageDown: () => view.rows(),
    PageUp: () => -view.rows(),
    Home: () => -Infinity,
    End: () => Infinity,
  };
  function move(by) {
    const to = Math.min(Math.max(0, active.peek() + by), count.peek() - 1);
    active.set(to);
    view.focused.set(true);
    view.reveal(to);
    // The row may just have come into view: it is there after the effects of this turn.
    setTimeout(() => body().querySelector(`[aria-rowindex="${to + 2}"]`)?.focus({ preventScroll: true }));
  }
  return (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !event.target.closest("[role=row]")) return;
    const row = at(active.peek());
    const onRow = event.target.getAttribute("role") === "row";
    if (steps[event.key]) {
      event.preventDefault();
      move(steps[event.key]());
    } else if (event.key === "Enter" && onRow && href && row) {
      event.preventDefault();
      go(href(row));
    } else if (event.key === " " && onRow && toggle && row) {
      event.preventDefault();
      toggle(row);
    }
  };
}
