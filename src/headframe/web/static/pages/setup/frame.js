// The frame around each step of setting up.
//
// Responsible for: the list of steps, where we are (also for screen readers), back and on.
// Not responsible for: what a step asks.

import { form } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { answers, done, STEPS } from "./answers.js";
import { keepPosition } from "./kept.js";

/** Remember how far it went: steps up to there can be gone to. */
export function position(name) {
  answers.reached = Math.max(answers.reached, STEPS.indexOf(name));
  keepPosition();
}

export function leaveTo(name) {
  position(name);
  go(`/setup?step=${name}`);
}

export const after = (name) => leaveTo(STEPS[STEPS.indexOf(name) + 1]);

/** A step's form: `send` may refuse by throwing, or stay by giving false; then the next step. `also` and
 *  `body(problem, busy)` as in parts/form.js. */
export function stepForm(name, { body, send = async () => {}, act = () => t("setup.next"), also = null }) {
  const at = STEPS.indexOf(name);
  return form({
    className: "setup-form",
    body,
    act,
    also,
    send: async () => {
      if ((await send()) !== false) after(name);
    },
    cancel: at > 1 ? () => leaveTo(STEPS[at - 1]) : null,
    cancelWord: () => t("setup.back"),
  });
}

function entry(name, at, here) {
  const word = () => t(`setup.step_${name}`);
  const state = at < here ? "done" : at === here ? "here" : "later";
  const mark = h("span", { class: "setup-mark" }, at < here ? icon("ok", { size: 14 }) : String(at + 1));
  const may = at > 0 && at !== here && at <= answers.reached;
  const inside = may
    ? h("button", { type: "button", class: "quiet", onclick: () => leaveTo(name) }, mark, word)
    : h("span", { class: "setup-entry" }, mark, word);
  return h("li", { class: `setup-${state}`, "aria-current": state === "here" ? "step" : null }, inside);
}

export function frame(name, body) {
  const here = STEPS.indexOf(name);
  const of = () => t("setup.step_of", { at: here + 1, of: STEPS.length });
  return [
    h("header", { class: "setup-head" }, h("img", { src: "/static/icon.svg", alt: "", width: 36, height: 36 }), h("span", {}, "Headframe"), h("span", { class: "soft" }, () => t("setup.title"))),
    h(
      "div",
      { class: "setup-grid" },
      h("nav", { "aria-label": () => t("setup.steps") }, h("ol", { class: "setup-steps" }, STEPS.map((each, at) => entry(each, at, here)))),
      h(
        "section",
        { class: "card setup-card" },
        h("p", { class: "soft setup-of", "aria-hidden": "true" }, of),
        h("h1", { tabindex: "-1", ref: focusSoon }, h("span", { class: "offscreen" }, of, ": "), () => t(done() ? "setup.head_done" : `setup.head_${name}`)),
        body,
      ),
    ),
  ];
}

// The heading says which step it is: read out, and the next Tab is the step's first field.
const focusSoon = (heading) => requestAnimationFrame(() => heading.isConnected && heading.focus({ preventScroll: true }));

/** Big choices, one of which holds: [name, title, words]. */
export const choices = (legend, value, options) =>
  h(
    "fieldset",
    { class: "big-choices" },
    h("legend", { class: "offscreen" }, legend),
    options.map(([name, title, words, more]) =>
      h(
        "label",
        { class: () => ["big-choice", value() === name && "big-choice-on"] },
        h("input", { type: "radio", name: legendName(legend), value: name, checked: () => value() === name, onchange: () => value.set(name) }),
        h("span", {}, h("strong", {}, title), words ? h("span", { class: "soft" }, words) : null, more ?? null),
      ),
    ),
  );

const names = new Map();
const legendName = (legend) => {
  if (!names.has(legend)) names.set(legend, `choice-${names.size}`);
  return names.get(legend);
};
