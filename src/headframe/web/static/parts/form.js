// Fields and what is wrong with them.
//
// Responsible for: labelled fields with help and problems, a form that is sent once at a time.
// Not responsible for: what the values mean; the server checks them.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { signal } from "../core/signals.js";
import { icon } from "./icon.js";
import { refusal, unfold } from "./refusal.js";
import { ticked } from "./ticked.js";

let last = 0;

/** A field: `control(attributes)` makes the input; `problem()` is a live text, "" when all is well. */
export function field({ label, help = "", control, problem = () => "", wide = false }) {
  const id = `field-${++last}`;
  const described = [help ? `${id}-help` : "", `${id}-problem`].filter(Boolean).join(" ");
  return h(
    "div",
    { class: () => ["field", wide && "field-wide", problem() && "field-wrong"] },
    h("label", { for: id }, label),
    control({ id, "aria-describedby": described, "aria-invalid": () => (problem() ? "true" : null) }),
    help ? h("p", { id: `${id}-help`, class: "help" }, help) : null,
    h("p", { id: `${id}-problem`, class: "problem", role: "alert" }, () =>
      problem() ? [icon("warn", { size: 14 }), h("span", {}, ticked(problem()))] : null,
    ),
  );
}

export const text = (value, more = {}) => (attributes) =>
  h("input", { type: "text", ...attributes, ...more, value, oninput: (e) => value.set(e.target.value) });

export const password = (value, more = {}) => text(value, { type: "password", autocomplete: "current-password", ...more });

export const choice = (value, options, more = {}) => (attributes) =>
  h(
    "select",
    { ...attributes, ...more, onchange: (e) => value.set(e.target.value) },
    options.map(([name, word]) => h("option", { value: name, selected: () => value() === name }, word)),
  );

export const toggle = (value, word) =>
  h(
    "label",
    { class: "toggle" },
    h("input", { type: "checkbox", checked: value, onchange: (e) => value.set(e.target.checked) }),
    h("span", {}, word),
  );

/** A form whose `send()` runs once at a time. What is refused stands at the fields that asked `problem(name)`, the rest
 *  above the buttons. `also`: further buttons beside the main one; `changed()` is called when anything is entered. */
export function form({ body, send, act, also = null, changed = () => {}, cancel = null, cancelWord = () => t("core.cancel"), className = "" }) {
  const busy = signal(false);
  const refused = refusal();
  const submit = async (event) => {
    event.preventDefault();
    if (busy.peek()) return;
    busy.set(true);
    refused.error.set(null);
    try {
      await send();
    } catch (error) {
      if (error.name !== "ApiError" && !("status" in error)) console.error(error);
      refused.error.set(error);
      unfold(node);
    } finally {
      busy.set(false);
    }
  };
  const node = h(
    "form",
    { class: `form ${className}`, onsubmit: submit, oninput: () => (refused.forget(), changed()), novalidate: true },
    body(refused.problem, busy),
    refused.box,
    h(
      "div",
      { class: "actions" },
      cancel ? h("button", { type: "button", onclick: cancel }, cancelWord) : null,
      also,
      h("button", { type: "submit", class: "primary", disabled: busy, "aria-busy": () => (busy() ? "true" : null) }, act),
    ),
  );
  return node;
}
