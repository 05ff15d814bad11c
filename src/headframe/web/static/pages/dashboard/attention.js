// What needs somebody.
//
// Responsible for: the server's notes with what to do, worst first.
// Not responsible for: finding trouble: the server does.

import { each, h } from "../../core/dom.js";
import { has, t } from "../../core/i18n.js";
import { overview } from "../../core/live.js";
import { said } from "../../core/said.js";
import { icon } from "../../parts/icon.js";
import { badge } from "../../parts/status.js";
import { ticked } from "../../parts/ticked.js";

// Where no share counts, where work does not come, where some is lost; anything else is worth a look.
const WORST = ["journal", "store", "source", "pool", "miner"];
const BAD = new Set(["journal", "store", "source"]);
const LINKS = { source: "/sources", pool: "/sources", miner: "/miners?state=rejecting" };
const rank = (note) => (WORST.includes(note.kind) ? WORST.indexOf(note.kind) : WORST.length);

export const worstFirst = (notes) => [...notes].sort((a, b) => rank(a) - rank(b));

export function attention() {
  const notes = () => worstFirst(overview()?.attention ?? []);
  return h(
    "section",
    { class: "card", id: "attention", tabindex: "-1" },
    h("header", {}, h("h2", {}, () => t("dashboard.attention"))),
    h("ul", { class: "needs" }, each(notes, (note) => `${note.kind}\0${note.state}\0${note.text}`, item)),
    () => {
      if (!overview()) return h("p", { class: "soft" }, t("core.unknown"));
      return notes().length ? null : h("p", { class: "needs-none" }, badge("ok", t("dashboard.attention_none")));
    },
  );
}

function item(note) {
  const bad = BAD.has(note.peek().kind);
  const link = LINKS[note.peek().kind];
  return h(
    "li",
    { class: ["need", bad ? "need-bad" : "need-warn"] },
    icon(bad ? "bad" : "warn", { size: 18 }),
    h(
      "div",
      {},
      h("strong", {}, () => t(bad ? "dashboard.note_bad" : "dashboard.note_warn")),
      h("p", {}, () => ticked(said(note().text))),
      () => (note().remedy ? h("p", { class: "soft" }, ticked(t("dashboard.remedy", { remedy: said(note().remedy) }))) : null),
      link ? h("a", { href: link }, () => t(has(`dashboard.look_${note().kind}`) ? `dashboard.look_${note().kind}` : "dashboard.look")) : null,
    ),
  );
}
