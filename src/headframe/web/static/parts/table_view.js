// Which rows of a long table can be seen.
//
// Responsible for: the rows in view, whether the box scrolls or the page; scrolling to a row; remembering the scroll.
// Not responsible for: drawing (parts/table.js).

import { effect, onEnd, signal } from "../core/signals.js";

const BEYOND = 6; // rows drawn before and after the view, so that scrolling finds them there
const places = new Map(); // id of the table -> scroll of its box, while the visit lasts

export function viewOf({ box, body, count, height, id }) {
  const range = signal([0, 40]);
  let due = 0;

  function look() {
    due = 0;
    if (!body()?.isConnected) return;
    const size = height();
    const [outer, inner] = [box().getBoundingClientRect(), body().getBoundingClientRect()];
    const scrolls = box().scrollHeight > box().clientHeight + 1;
    const top = Math.max(scrolls ? outer.top : 0, 0) - inner.top;
    const bottom = Math.min(scrolls ? outer.bottom : innerHeight, innerHeight) - inner.top;
    const from = Math.max(0, Math.floor(top / size) - BEYOND);
    const to = Math.max(from, Math.ceil(bottom / size) + BEYOND);
    const [a, b] = range.peek();
    if (a !== from || b !== to) range.set([from, to]);
    if (id && scrolls) places.set(id, box().scrollTop);
  }
  const soon = () => (due ||= requestAnimationFrame(look));

  const watch = new ResizeObserver(soon);
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
  let known = false;
  effect(() => {
    height();
    if (count() !== null && !known && box()) {
      known = true;
      // The rows have their height only after the effects of this turn.
      requestAnimationFrame(() => {
        box().scrollTop = places.get(id) ?? 0;
        look();
      });
    }
    soon();
  });
  queueMicrotask(() => {
    if (!box()) return;
    watch.observe(box());
    box().addEventListener("scroll", soon, { passive: true });
  });
  onEnd(() => {
    watch.disconnect();
    removeEventListener("scroll", soon);
    removeEventListener("resize", soon);
    cancelAnimationFrame(due);
  });

  return {
    range,
    hovered: signal(false),
    focused: signal(false),
    /** How many whole rows fit. */
    rows: () => Math.max(1, Math.floor((Math.min(box().clientHeight, innerHeight) - 80) / height())),
    /** Bring a row into view, with as little movement as possible. */
    reveal(index) {
      const [size, outer, inner] = [height(), box().getBoundingClientRect(), body().getBoundingClientRect()];
      const scrolls = box().scrollHeight > box().clientHeight + 1;
      const head = scrolls ? 42 : 64;
      const top = inner.top + index * size;
      const [low, high] = [Math.max(scrolls ? outer.top : 0, 0) + head, Math.min(scrolls ? outer.bottom : innerHeight, innerHeight)];
      const by = top < low ? top - low : top + size > high ? top + size - high : 0;
      if (by) (scrolls ? box() : document.scrollingElement).scrollTop += by;
      look();
    },
    /** Back to the first row, as after another question. */
    top() {
      if (box()) box().scrollTop = 0;
      soon();
    },
  };
}
