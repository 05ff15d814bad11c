// How a source is, in one word.
//
// Responsible for: state, icon and words of a source, the same wherever sources are shown.
// Not responsible for: deciding health: the server says it.
//
//   sourceState(source)  -> { kind, word, says }: kind as badge() takes it; says: reason and remedy, or what there is to know; "" for nothing
//   sourceBadge(source)  -> the badge
//   needsSomebody(note)  -> whether a note of a source is more than good to know

import { t } from "../core/i18n.js";
import { overview } from "../core/live.js";
import { said } from "../core/said.js";
import { badge } from "./status.js";

const words = (...texts) => texts.filter(Boolean).join(" ");

// Some notes only inform; which ones need somebody, the server says.
const same = (a, b) => a.kind === b.kind && a.state === b.state && a.text === b.text;
export const needsSomebody = (note) => (overview()?.attention ?? []).some((other) => same(note, other));

export function sourceState(source) {
  if (!source) return { kind: "unknown", word: t("core.source_gone"), says: "" };
  if (source.paused) return { kind: "off", word: t("core.source_paused"), says: "" };
  if (!source.up) return { kind: "bad", word: t("core.source_down"), says: words(said(source.reason), said(source.remedy)) };
  const needed = source.notes.some(needsSomebody);
  const says = source.notes.map((note) => words(said(note.text), said(note.remedy))).join(" ");
  return needed ? { kind: "warn", word: t("core.source_attention"), says } : { kind: "ok", word: t("core.source_up"), says };
}

export function sourceBadge(source) {
  const { kind, word, says } = sourceState(source);
  return badge(kind, word, { title: says || null });
}
