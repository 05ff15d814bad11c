// Words.
//
// Responsible for: catalogues (/static/i18n/<language>/<area>.json), the viewer's language, plural forms.
// Not responsible for: numbers and times (core/format.js).
//
// t("miners.title"), t("miners.found", { count: 3 }): the first word of a key is its area. Plurals are keys that end in
// .one, .few, .other (by the language's rules) and are chosen by `count`. English is the language that is complete by
// definition; a test holds the others equal to it.

import { preference } from "./preferences.js";
import { signal } from "./signals.js";

export const LANGUAGES = {
  en: "English",
  de: "Deutsch",
  es: "Español",
  fr: "Français",
  it: "Italiano",
  pt: "Português",
  ja: "日本語",
  zh: "中文",
};

const chosen = preference("language", "");
const areas = new Map(); // area -> catalogue of the language
const version = signal(0);
let rules = new Intl.PluralRules("en");

export function language() {
  const wanted = chosen() || navigator.languages?.map((each) => each.slice(0, 2)).find((each) => each in LANGUAGES);
  return wanted in LANGUAGES ? wanted : "en";
}

/** For numbers and times: the browser's own flavour of the language where there is one (de-CH), else the language. */
export function locale() {
  const of = language();
  return navigator.languages?.find((each) => each.slice(0, 2) === of) ?? of;
}

async function fetchArea(area) {
  const answer = await fetch(`/static/i18n/${language()}/${area}.json`);
  if (!answer.ok) throw new Error(`no catalogue ${area}`);
  areas.set(area, await answer.json());
}

/** Have these areas' words before a page is made. */
export async function words(...wanted) {
  await Promise.all(wanted.filter((area) => !areas.has(area)).map(fetchArea));
  version.set(version.peek() + 1);
}

export async function useLanguage(name) {
  chosen.set(name);
  rules = new Intl.PluralRules(language());
  document.documentElement.lang = language();
  const had = [...areas.keys()];
  areas.clear();
  await words(...had);
}

export function begin() {
  rules = new Intl.PluralRules(language());
  document.documentElement.lang = language();
}

/** All words of an area by key, undefined before they are there. Live, as `t` is. */
export function catalogue(area) {
  version();
  return areas.get(area);
}

/** Whether there are words for this. */
export const has = (key) => areas.get(key.slice(0, key.indexOf(".")))?.[key.slice(key.indexOf(".") + 1)] !== undefined;

/** The words for a key, with {names} filled in. Live: changes with the language. */
export function t(key, values = {}) {
  version();
  const dot = key.indexOf(".");
  const catalogue = areas.get(key.slice(0, dot)) ?? {};
  const name = key.slice(dot + 1);
  let text = catalogue[name];
  if (text === undefined && "count" in values) {
    text = catalogue[`${name}.${rules.select(values.count)}`] ?? catalogue[`${name}.other`];
  }
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, each) => (each in values ? String(values[each]) : whole));
}
