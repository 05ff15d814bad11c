// Questions and short messages over the page.
//
// Responsible for: modal dialogs (native, so that focus and Escape are the browser's), confirmation before something
// destroys, messages that are also read out.
// Not responsible for: what is asked.

import { add, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { scope } from "../core/signals.js";
import { icon } from "./icon.js";
import { ticked } from "./ticked.js";

/** Open a dialog; `body(close)` makes its content. Resolves with what `close` was given (undefined: dismissed). */
export function dialog(title, body, { wide = false } = {}) {
  return new Promise((resolve) => {
    const id = `dialog-${Math.random().toString(36).slice(2)}`;
    let stop = () => {};
    const box = h("dialog", { class: wide ? "dialog dialog-wide" : "dialog", "aria-labelledby": id });
    let answer;
    const close = (value) => {
      answer = value;
      box.close();
    };
    box.addEventListener("close", () => {
      stop();
      box.remove();
      resolve(answer);
    });
    const [nodes, end] = scope(() => [
      h(
        "header",
        {},
        h("h2", { id }, title),
        h("button", { class: "quiet", type: "button", "aria-label": t("core.close"), onclick: () => close() }, icon("close")),
      ),
      h("div", { class: "dialog-body" }, body(close)),
    ]);
    stop = end;
    add(box, nodes);
    document.body.append(box);
    box.showModal();
  });
}

/** Ask before acting. `says` is what will happen; resolves to true or false. */
export async function confirm({ title, says, act, danger = false }) {
  const answer = await dialog(title, (close) => [
    [says].flat().map((each) => (each instanceof Node ? each : h("p", {}, each))),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", onclick: () => close(false) }, t("core.cancel")),
      h("button", { type: "button", class: danger ? "danger" : "primary", onclick: () => close(true) }, act),
    ),
  ]);
  return answer === true;
}

let shelf = null;

/** Say something for some seconds; trouble stays until it is closed. */
export function toast(text, { kind = "ok", remedy = "" } = {}) {
  shelf ??= document.body.appendChild(h("div", { class: "toasts", "aria-live": "polite", role: "status" }));
  const one = h(
    "div",
    { class: `toast toast-${kind}` },
    icon(kind === "ok" ? "ok" : kind === "warn" ? "warn" : "bad"),
    h("div", {}, h("strong", {}, ticked(text)), remedy ? h("p", {}, ticked(remedy)) : null),
    h("button", { class: "quiet", type: "button", "aria-label": t("core.close"), onclick: () => one.remove() }, icon("close")),
  );
  shelf.append(one);
  while (shelf.childElementCount > 4) shelf.firstElementChild.remove();
  if (kind === "ok") setTimeout(() => one.remove(), 5000);
}

/** The words for what went wrong, with its remedy. */
export function trouble(error) {
  if (error.status === 0) return { text: t("core.unreachable"), remedy: t("core.unreachable_remedy") };
  return { text: said(error.message || String(error)), remedy: said(error.remedy) };
}

export const complain = (error) => {
  if (error.name === "AbortError") return;
  const { text, remedy } = trouble(error);
  toast(text, { kind: "bad", remedy });
};
