// What was refused, at the fields that it is about.
//
// Responsible for: giving each field its problem, and a box with what no field has shown.
// Not responsible for: asking (parts/form.js and whoever sends).

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { said, saidBoth } from "../core/said.js";
import { signal } from "../core/signals.js";
import { trouble } from "./dialog.js";
import { icon } from "./icon.js";
import { ticked } from "./ticked.js";

/** "source.home.rpc[0]" is about the field rpc. */
const about = (path, name) => {
  const bare = path.replace(/\[\d+\]$/, "");
  return bare === name || bare.endsWith(`.${name}`);
};

/** {error, problem(name), forget(), box()}: `error` is set by whoever sends; `problem` makes a field's live text. */
export function refusal() {
  const error = signal(null);
  const asked = new Set();
  const problem = (name) => {
    asked.add(name);
    return () => {
      const found = error()?.problems?.find((each) => about(each.path, name));
      return found ? saidBoth(found) : "";
    };
  };
  const loose = () => (error().problems ?? []).filter((each) => ![...asked].some((name) => about(each.path, name)));
  return { error, problem, forget: () => forget(error), box: () => (error() ? box(error(), loose()) : null) };
}

// Something was put right: one problem is over then; of several, the others must still be seen.
function forget(error) {
  if ((error.peek()?.problems ?? []).length < 2) error.set(null);
}

function box(error, loose) {
  const marked = (error.problems ?? []).length > 0 && !loose.length;
  const { text, remedy } = marked ? { text: t("core.put_right"), remedy: "" } : trouble(error);
  const rest = error.problems?.length > 1 ? loose : [];
  return h(
    "div",
    { class: "refusal", role: "alert" },
    icon("bad"),
    h("div", {}, h("strong", {}, ticked(text)), remedy ? h("p", {}, ticked(remedy)) : null, rest.map((each) => h("p", {}, h("code", {}, each.path), ": ", ticked(said(each.text)), each.remedy ? [" · ", ticked(said(each.remedy))] : null))),
  );
}

/** Fields with a problem are not left behind a closed fold. */
export const unfold = (node) =>
  requestAnimationFrame(() => {
    for (const field of node.querySelectorAll(".field-wrong")) field.closest("details")?.setAttribute("open", "");
  });
