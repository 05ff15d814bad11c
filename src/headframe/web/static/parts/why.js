// Why a number is what it is.
//
// Responsible for: a small button beside a number that opens its explanation; live while it is open.
// Not responsible for: the words.
//
//   why(node, text, { label })
//     node   what is explained: a node, a text, a function (live), or null for the button alone
//     text   () => text, node or list of them (each a paragraph); called when opened, and again when its signals change
//     label  () => what is explained, for screen readers: "Why: hashrate"
//   Gives a span with both. Costs one button: the bubble is made when it is asked for, and there is only one.

import { add, fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { effect, scope } from "../core/signals.js";
import { icon } from "./icon.js";

const GAP = 8;
let bubble = null;
let stop = () => {};
let asked = null; // the button that the bubble belongs to
let closed = { button: null, at: 0 };
const SAME_PRESS_MS = 400;

function make() {
  bubble = h("div", { class: "why-bubble", popover: "auto", role: "note" });
  bubble.addEventListener("beforetoggle", (event) => {
    if (event.newState === "open") return;
    stop();
    asked?.setAttribute("aria-expanded", "false");
    closed = { button: asked, at: performance.now() };
    asked = null;
  });
  document.body.append(bubble);
  addEventListener("scroll", () => asked && bubble.hidePopover(), { passive: true });
  addEventListener("resize", () => asked && bubble.hidePopover());
}

function place() {
  const at = asked.getBoundingClientRect();
  const [wide, high] = [bubble.offsetWidth, bubble.offsetHeight];
  const left = Math.min(Math.max(GAP, at.left + at.width / 2 - wide / 2), innerWidth - wide - GAP);
  const above = at.bottom + GAP + high > innerHeight && at.top - GAP - high > 0;
  bubble.style.setProperty("left", `${left}px`);
  bubble.style.setProperty("top", `${above ? at.top - GAP - high : at.bottom + GAP}px`);
}

function open(button, text) {
  if (!bubble) make();
  // The press that closed it (anywhere outside closes it, this button too) must not open it again.
  const again = asked === button || (closed.button === button && performance.now() - closed.at < SAME_PRESS_MS);
  if (asked) bubble.hidePopover();
  closed = { button: null, at: 0 };
  if (again) return;
  // Inside of a modal dialog nothing outside of it can be seen or reached; on a page it belongs to what it explains.
  (button.closest("dialog, main") ?? document.body).append(bubble);
  asked = button;
  button.setAttribute("aria-expanded", "true");
  [, stop] = scope(() =>
    effect(() => fill(bubble, [text()].flat().map((each) => (each instanceof Node ? each : h("p", {}, each))))),
  );
  bubble.showPopover();
  place();
}

export function why(node, text, { label = null } = {}) {
  const button = h(
    "button",
    {
      type: "button",
      class: "quiet why-button",
      "aria-expanded": "false",
      "aria-label": () => (label ? t("core.why_of", { what: label() }) : t("core.why")),
      title: () => t("core.why"),
      onclick: () => open(button, text),
    },
    icon("about", { size: 14 }),
  );
  const both = h("span", { class: "why" });
  add(both, [node, button]);
  return both;
}
