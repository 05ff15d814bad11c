// The server's own texts in the viewer's language.
//
// Responsible for: recognising a text that the server worded (help, refusals, remedies, states) and giving the translation
// of the catalogue i18n/<language>/said.json, with what was filled in put where the translation wants it.
// Not responsible for: the catalogue (the sources write the English one), words of the pages (core/i18n.js).
//
// The server speaks English and knows nothing of languages. A text that no catalogue knows is shown as it came: an
// error of a pool, a log line. The catalogue is fetched after the first page is up, and never for English.

import { catalogue, language, words } from "./i18n.js";

const MOST_KNOWN = 2_000;
const DEPTH = 3;
const LONGEST = 600; // what is longer is nobody's template, and comparing it would take long

let of = null; // the catalogue that `patterns` and `known` are made from
let patterns = [];
let known = new Map();

/** Have the catalogue; for whoever starts the application or changes the language. */
export const fetchSaid = () => (language() === "en" ? Promise.resolve() : words("said"));

/** The text in the viewer's language, as it is when there is none. Live: changes with the language. */
export function said(text) {
  const texts = catalogue("said");
  if (!text || text.length > LONGEST || language() === "en" || !texts) return text ?? "";
  if (texts !== of) learn(texts);
  return translated(texts, String(text), DEPTH);
}

/** A problem's text and remedy in one line. What is wrong with an address is worded with its remedy, and known as a whole. */
export function saidBoth({ text, remedy }) {
  const both = `${text}: ${remedy}`;
  const whole = said(both);
  return remedy && whole !== both ? whole : [said(text), said(remedy)].filter(Boolean).join(" · ");
}

function learn(texts) {
  of = texts;
  known = new Map();
  patterns = Object.keys(texts)
    .filter((each) => /\{\d+\}/.test(each))
    .map((each) => ({ key: each, fixed: each.replace(/\{\d+\}/g, "").length, form: formOf(each) }))
    .sort((a, b) => b.fixed - a.fixed); // what says most comes first
}

/** "there is no source {0}" as an expression with a group for each number, in their order of appearance. */
function formOf(text) {
  const parts = text.split(/\{\d+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("([^]*?)")}$`);
}

function translated(texts, text, depth) {
  const trimmed = text.trim();
  if (Object.hasOwn(texts, trimmed)) return text.replace(trimmed, () => texts[trimmed]);
  let found = known.get(text);
  if (found === undefined) {
    found = filledIn(texts, trimmed, depth) ?? afterPath(texts, text, depth) ?? text;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, found);
  }
  return found;
}

/** "payout.address: is missing": what stands before it is the name of a setting. */
function afterPath(texts, text, depth) {
  const parts = /^([\w.[\]]+: )([^]+)$/.exec(text);
  return parts && depth ? parts[1] + translated(texts, parts[2], depth - 1) : null;
}

function filledIn(texts, text, depth) {
  for (const { key, form } of patterns) {
    const match = form.exec(text);
    if (match === null) continue;
    // What was filled in may be such a text itself: "cannot connect to the pool at …: connection refused".
    const values = match.slice(1).map((value) => (depth ? translated(texts, value, depth - 1) : value));
    return texts[key].replace(/\{(\d+)\}/g, (whole, at) => values[Number(at)] ?? whole);
  }
  return null;
}
