// Who did what.
//
// Responsible for: the audit, newest first, with what each act changed. There is no way to edit it.
// Not responsible for: writing it (the server), its words (pages/audit/words.js).

import { complain } from "../parts/dialog.js";
import { differences, diffList, diffTable } from "../parts/diff.js";
import { icon } from "../parts/icon.js";
import { badge } from "../parts/status.js";
import { api, query } from "../core/api.js";
import { each, h, show } from "../core/dom.js";
import { ago, time } from "../core/format.js";
import { has, t } from "../core/i18n.js";
import { signal } from "../core/signals.js";
import { actWords, FACTS } from "./audit/words.js";

const PAGE = 100;
const FEW = 4;

export const title = () => t("core.nav_audit");

export function page() {
  const entries = signal(null);
  const more = signal(false);
  const wanted = signal("");
  const load = async (before) => {
    const found = await api.get(query("audit", { before, limit: PAGE }));
    entries.set(before ? [...entries.peek(), ...found] : found);
    more.set(found.length === PAGE);
  };
  load(null).catch(complain);
  const matching = () => (entries() ?? []).filter((one) => fits(one, wanted().toLowerCase()));
  return [
    h("header", { class: "page-head" }, h("h1", {}, () => t("audit.title")), h("div", { class: "actions" }, h("button", { type: "button", onclick: () => load(null).catch(complain) }, () => t("audit.again")))),
    h("p", { class: "soft lead" }, () => t("audit.lead")),
    h("div", { class: "settings-search" }, icon("search"), h("input", { type: "search", "aria-label": () => t("audit.search"), placeholder: () => t("audit.search"), value: wanted, oninput: (e) => wanted.set(e.target.value) })),
    h("ul", { class: "audit card plain-list" }, each(matching, (one) => one.id, row)),
    () => (entries() === null ? h("p", { class: "soft", role: "status" }, t("audit.loading")) : matching().length ? null : h("div", { class: "empty" }, h("p", {}, t(entries().length ? "audit.none_found" : "audit.none")))),
    show(more, (there) => (there ? h("div", { class: "actions" }, h("button", { type: "button", onclick: () => load(entries.peek().at(-1).id).catch(complain) }, t("audit.older"))) : null)),
  ];
}

const fits = (one, words) => !words || [one.actor, one.action, one.target, one.address, one.how, JSON.stringify(one.before), JSON.stringify(one.after)].join(" ").toLowerCase().includes(words);

function row(held) {
  const one = held.peek(); // an entry never changes
  return h(
    "li",
    { class: "audit-row" },
    h("time", { class: "soft", datetime: new Date(one.time_ms).toISOString(), title: () => time(one.time_ms) }, () => ago(one.time_ms)),
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, one.actor), " ", h("span", {}, () => actWords(one.action)), one.target ? [" ", h("code", {}, one.target)] : null, " ", one.outcome === "done" ? null : badge("bad", has(`audit.${one.outcome}`) ? t(`audit.${one.outcome}`) : one.outcome)),
      h("p", { class: "soft" }, () => (has(`audit.how_${one.how}`) ? t(`audit.how_${one.how}`) : one.how), one.address ? ` · ${one.address}` : null, " · ", h("span", { class: "number" }, () => time(one.time_ms))),
      changesOf(asTable(one.before), asTable(one.after)),
    ),
  );
}

// Few are shown at once, many on request.
function changesOf(before, after) {
  if (differences(before, after).length <= FEW) return diffList(before, after, FACTS);
  return h("details", {}, h("summary", {}, () => t("audit.changes")), diffTable(before, after, FACTS));
}

const asTable = (value) => (value === null || typeof value === "object" ? value : { "": value });
