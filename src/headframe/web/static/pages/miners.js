// The miners.
//
// Responsible for: the list of all miners with its filters, kept in the address, and acts on those that are chosen.
// Not responsible for: one miner (pages/miner.js), drawing long tables (parts/table.js).

import { api, query } from "../core/api.js";
import { h, show } from "../core/dom.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { search, setSearch } from "../core/router.js";
import { can } from "../core/session.js";
import { computed, effect, every, signal, untracked } from "../core/signals.js";
import { trouble as wordsOf } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { table } from "../parts/table.js";
import { columnsOf } from "../parts/table_columns.js";
import { windowed } from "../parts/table_window.js";
import { acts } from "./miners/acts.js";
import { bans } from "./miners/bans.js";
import { COLUMNS } from "./miners/columns.js";
import { noMiners, noMatch } from "./miners/empty.js";
import { filters } from "./miners/filters.js";

export const title = () => t("core.nav_miners");

/** What the address asks for, as the server takes it. */
const asked = () => ({
  text: search().get("text") ?? "",
  states: search().getAll("state"),
  sources: search().getAll("source"),
  firmwares: search().getAll("firmware"),
  sort: search().get("sort") ?? "h1h",
  descending: search().get("up") ? "false" : "true",
});

const mark = (row) => ({ rejecting: "bad", silent: "warn" })[row.state] ?? "";

export function page() {
  const ask = computed(asked);
  const data = windowed({
    ask: async (offset, limit) => {
      const answer = await api.get(query("workers", { ...ask.peek(), offset, limit }));
      return { matching: answer.matching, rows: answer.miners, info: answer };
    },
  });
  const wanted = computed(() => JSON.stringify(ask()));
  effect(() => wanted() && untracked(() => data.reset()));
  const chosen = signal(new Map());
  const columns = columnsOf("miners", COLUMNS);
  const sort = () => ({ by: ask().sort, descending: ask().descending === "true" });
  const onsort = (by, descending) => setSearch({ sort: by === "h1h" ? "" : by, up: descending ? "" : "1" });
  const info = data.info;
  const mayAct = computed(() => can("miners"));
  const banned = bans();
  const done = () => {
    data.renew(true);
    banned.ask();
  };

  // table, empty (nobody ever mined here), none (the filters leave nobody) or wait
  const state = computed(() => {
    if (data.count() === null) return data.trouble() ? "trouble" : "wait";
    if (info().total === 0) return "empty";
    return data.count() === 0 ? "none" : "table";
  });
  // The table asks by itself; while there is none somebody has to look whether there is something to show.
  every(5, () => state.peek() !== "table" && data.renew(false), { later: true });

  return [
    h(
      "div",
      { class: "page-head" },
      h("h1", {}, title),
      h("p", { class: "soft", role: "status" }, () =>
        !info() || !info().total ? null : data.count() === info().total ? t("miners.count", { count: info().total, number: count(info().total) }) : t("miners.matching", { matching: count(data.count()), total: count(info().total) }),
      ),
      show(state, (now) =>
        now === "empty" ? null : h("div", { class: "actions" }, can("view") ? h("a", { class: "button", href: "/connect" }, icon("plus", { size: 16 }), () => t("core.nav_connect")) : null, columns.button()),
      ),
    ),
    show(
      () => Boolean(info()?.total),
      (some) => (some ? filters({ info, sort, onsort }) : null),
    ),
    banned.view,
    show(mayAct, (may) => (may ? acts({ chosen, done }) : null)),
    () => {
      const error = data.trouble();
      if (!error) return null;
      const { text, remedy } = wordsOf(error);
      return h("div", { class: "refusal", role: "alert" }, icon("bad"), h("div", {}, h("strong", {}, text), remedy ? h("p", {}, remedy) : null));
    },
    show(
      () => [state() === "wait" || state() === "trouble" ? "table" : state(), mayAct()].join(" "),
      (now) => {
        if (now.startsWith("empty")) return noMiners();
        if (now.startsWith("none")) return noMatch();
        return table({
          label: title,
          id: "miners",
          data,
          columns: columns.chosen,
          room: columns.room,
          sort,
          onsort,
          chosen: mayAct.peek() ? chosen : null,
          href: (row) => `/miners/${row.key}`,
          mark,
          renew: 5,
        });
      },
    ),
  ];
}
