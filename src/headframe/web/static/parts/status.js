// How something is: icon, word and colour together.
//
// Responsible for: the badge of a state. Not responsible for: deciding the state.

import { h } from "../core/dom.js";
import { icon } from "./icon.js";

const LOOKS = {
  ok: "ok",
  warn: "warn",
  bad: "bad",
  off: "offline",
  wait: "wait",
  unknown: "unknown",
};

/** `kind`: ok, warn, bad, off, wait or unknown; `word` is always shown. */
export const badge = (kind, word, { title = null } = {}) =>
  h("span", { class: `badge badge-${kind}`, title }, icon(LOOKS[kind] ?? "unknown", { size: 14 }), h("span", {}, word));
