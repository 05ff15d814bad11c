// Something to copy.
//
// Responsible for: a value with a button that copies it, also where the page is not served over TLS (no clipboard there).

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { signal } from "../core/signals.js";
import { icon } from "./icon.js";

/** Put a text into the clipboard. */
export async function copyText(value) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(value);
  const field = h("textarea", { class: "offscreen", readOnly: true, value });
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  return undefined;
}

/** `shown` in its place, where the whole is too long: that is what is copied, and seen on hover. */
export function copyable(value, { label = "", shown = value } = {}) {
  const done = signal(false);
  const act = async () => {
    await copyText(value);
    done.set(true);
    setTimeout(() => done.set(false), 2000);
  };
  return h(
    "span",
    { class: "copyable" },
    h("code", { title: shown === value ? null : value }, shown),
    h(
      "button",
      { type: "button", class: "quiet", onclick: act, title: t("core.copy"), "aria-label": label ? `${t("core.copy")}: ${label}` : t("core.copy") },
      () => icon(done() ? "ok" : "copy", { size: 16 }),
    ),
  );
}
