// Fields and what is wrong with them.
//
// Responsible for: labelled fields with help and problems, a form that is sent once at a time.
// Not responsible for: what the values mean; the server checks them.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { saidBoth } from "../core/said.js";
import { signal } from "../core/signals.js";
import { icon } from "./icon.js";
import { trouble } from "./dialog.js";

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
      problem() ? [icon("warn", { size: 14 }), problem()] : null,
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

/** A form whose `send()` runs once at a time. `problems` maps field names to words after a refusal; the rest is shown above
 *  the buttons. Gives {node, problem(name), busy}. */
export function form({ body, send, act, cancel = null, cancelWord = () => t("core.cancel"), className = "" }) {
  const busy = signal(false);
  const refused = signal(null);
  const problem = (name) => () => {
    const found = refused()?.problems?.find((each) => each.path === name || each.path.endsWith(`.${name}`));
    return found ? saidBoth(found) : "";
  };
  const submit = async (event) => {
    event.preventDefault();
    if (busy.peek()) return;
    busy.set(true);
    refused.set(null);
    try {
      await send();
    } catch (error) {
      if (error.name !== "ApiError" && !("status" in error)) console.error(error);
      refused.set(error);
    } finally {
      busy.set(false);
    }
  };
  return h(
    "form",
    { class: `form ${className}`, onsubmit: submit, novalidate: true },
    body(problem, busy),
    () => {
      const error = refused();
      if (!error) return null;
      const { text: says, remedy } = trouble(error);
      return h("div", { class: "refusal", role: "alert" }, icon("bad"), h("div", {}, h("strong", {}, says), remedy ? h("p", {}, remedy) : null));
    },
    h(
      "div",
      { class: "actions" },
      cancel ? h("button", { type: "button", onclick: cancel }, cancelWord) : null,
      h("button", { type: "submit", class: "primary", disabled: busy, "aria-busy": () => (busy() ? "true" : null) }, act),
    ),
  );
}
