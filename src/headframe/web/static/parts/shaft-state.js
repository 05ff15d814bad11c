// How a source is, in one word.
//
// Responsible for: state, icon and words of a source, the same wherever sources are shown.
// Not responsible for: deciding health: the server says it.
//
//   sourceState(source)  -> { kind, word, says }: kind as badge() takes it; says: reason and remedy, "" when all is well
//   sourceBadge(source)  -> the badge

import { t } from "../core/i18n.js";
import { badge } from "./status.js";

const words = (...texts) => texts.filter(Boolean).join(" ");

export function sourceState(source) {
  if (!source) return { kind: "unknown", word: t("core.source_gone"), says: "" };
  if (source.paused) return { kind: "off", word: t("core.source_paused"), says: "" };
  if (!source.up) return { kind: "bad", word: t("core.source_down"), says: words(source.reason, source.remedy) };
  const trouble = source.notes.filter((note) => note.state);
  if (trouble.length) {
    const says = trouble.map((note) => words(note.text, note.remedy)).join(" ");
    return { kind: "warn", word: t("core.source_attention"), says };
  }
  return { kind: "ok", word: t("core.source_up"), says: "" };
}

export function sourceBadge(source) {
  const { kind, word, says } = sourceState(source);
  return badge(kind, word, { title: says || null });
}
