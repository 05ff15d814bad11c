// Names in a sentence.
//
// Responsible for: what a text of the server has in `backticks` (settings, commands) or as a [[table]] of the file, as code
// without those signs.
// Not responsible for: any other markup: all the rest is text as it is.

import { h } from "../core/dom.js";

/** Children of `h`: text and code in turn. A tick without its other one stays what it is. */
export const ticked = (text) =>
  String(text ?? "")
    .split(/`([^`]+)`|\[\[([\w.]+)\]\]/)
    .map((part, at) => (at % 3 && part !== undefined ? h("code", {}, part) : part));
