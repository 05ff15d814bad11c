// What a session says.
//
// Responsible for: its Stratum lines while somebody looks, newest at the end, frozen on request.
// Not responsible for: hiding passwords (the server does).

import { api, part } from "../../core/api.js";
import { each, h } from "../../core/dom.js";
import { time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { effect, every, signal } from "../../core/signals.js";
import { complain } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";

const KEPT = 500;

export function wire(id) {
  const lines = signal([]);
  const frozen = signal(false);
  const asked = signal(false);
  let box;
  let failed = false;
  every(2, () => {
    if (frozen.peek() || failed) return;
    api.get(`sessions/${part(id)}/wire`).then(
      (log) => {
        const last = lines.peek().at(-1)?.number ?? 0;
        const more = log.lines.filter((line) => line.number > last);
        // Numbers that begin anew belong to another watch.
        const anew = log.lines.length && log.lines.at(-1).number < last;
        if (anew) lines.set(log.lines.slice(-KEPT));
        else if (more.length) lines.set([...lines.peek(), ...more].slice(-KEPT));
        asked.set(true);
      },
      (error) => {
        failed = true; // the session is gone: asking on would only repeat it
        complain(error);
      },
    );
  });
  // The end stays in view for who is at the end; who scrolled up reads.
  effect(() => {
    lines();
    const atEnd = !box || box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    if (atEnd) requestAnimationFrame(() => box && (box.scrollTop = box.scrollHeight));
  });
  const exact = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
  return h(
    "div",
    { class: "wire" },
    h(
      "div",
      { class: "wire-head" },
      h("h3", {}, () => t("miners.log")),
      h("p", { class: "soft" }, () => t("miners.log_help")),
      h("button", { type: "button", "aria-pressed": () => String(frozen()), onclick: () => frozen.set(!frozen.peek()) }, () => icon(frozen() ? "play" : "pause", { size: 16 }), () => t(frozen() ? "miners.log_unfreeze" : "miners.log_freeze")),
    ),
    h(
      "div",
      { class: "wire-lines", role: "log", "aria-live": "off", tabindex: "0", "aria-label": () => t("miners.log"), ref: (node) => (box = node) },
      each(lines, (line) => line.number, (line) => {
        const { time_ms: at, from_miner: theirs, text } = line.peek();
        return h(
          "div",
          { class: theirs ? "wire-line" : "wire-line wire-ours" },
          h("span", { class: "soft number" }, () => time(at, exact)),
          h("span", { class: "wire-who" }, icon(theirs ? "right" : "left", { size: 14 }), () => t(theirs ? "miners.from_miner" : "miners.from_us")),
          h("code", {}, text),
        );
      }),
      () => (asked() && !lines().length ? h("p", { class: "soft" }, t("miners.log_empty")) : null),
    ),
  );
}
