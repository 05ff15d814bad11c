// The blocks.
//
// Responsible for: what was earned, luck and effort, our blocks, the block that is being mined.
// Not responsible for: the parts (pages/blocks/*).

import { api, query } from "../core/api.js";
import { each, h } from "../core/dom.js";
import { count, duration, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { dashboard, on } from "../core/live.js";
import { every, onEnd, signal } from "../core/signals.js";
import { complain } from "../parts/dialog.js";
import { why } from "../parts/why.js";
import { found as table } from "./blocks/found.js";
import { template } from "./blocks/template.js";
import { chains, earnedOn, estimate, found as foundMoney, money, reasons } from "./dashboard/earn.js";
import { poolsOnly } from "./dashboard/job_source.js";

const STEP = 50;
const WRITTEN_MS = 1500;

export const title = () => t("core.nav_blocks");

function tiles(found) {
  const of = (outcome) => found()?.outcomes[outcome] ?? 0;
  const tile = (word, value, more) => h("div", { class: "tile" }, h("div", { class: "tile-word soft" }, () => t(word)), h("div", { class: "tile-value number" }, more ? why(value, more, { label: () => t(word) }) : value));
  const number = (outcome) => () => (found() ? count(of(outcome)) : "–");
  return h(
    "section",
    { class: "card tiles", "aria-label": () => t("blocks.summary") },
    tile("blocks.all", () => (found() ? count(found().total) : "–")),
    tile("blocks.tile_accepted", () => (found() ? count(of("accepted") + of("matured")) : "–")),
    tile("blocks.tile_pending", number("pending")),
    tile("blocks.tile_orphaned", () => (found() ? count(of("orphaned") + of("stale") + of("rejected")) : "–"), () => t("blocks.lost_why", { orphaned: count(of("orphaned")), stale: count(of("stale")), rejected: count(of("rejected")) })),
    tile("blocks.luck", () => (found() ? percent(found().luck, 0) : "–"), () => t("blocks.luck_why")),
    tile("blocks.running", () => (found() ? percent(found().running_effort, 0) : "–"), () => t("blocks.running_why")),
    tile(
      "blocks.expected",
      () => (poolsOnly() ? "–" : duration(dashboard()?.chance.expected_s ?? null)),
      () => (poolsOnly() ? t("dashboard.odds_pools") : t("blocks.expected_why", { chance: percent(dashboard()?.chance.in_24h ?? null) })),
    ),
    each(() => (chains().length ? chains() : ["btc"]), (chain) => chain, (chain) => h("div", { class: "tiles-money" }, earnings(chain.peek(), () => found()?.earned))),
  );
}

/** What a chain's blocks paid, and what is expected on it. */
function earnings(chain, sums) {
  const where = () => (chains().length < 2 ? "" : ` (${chain ? chain.toUpperCase() : t("dashboard.earn_elsewhere")})`);
  const tile = (word, value, more) => h("div", { class: "tile" }, h("div", { class: "tile-word soft" }, () => `${t(word)}${where()}`), h("div", { class: "tile-value number" }, why(value, more, { label: () => t(word) })));
  const sum = (field) => () => (sums() ? money(earnedOn(chain, sums())?.[field] ?? 0, chain) : "–");
  return [
    tile("blocks.spendable", sum("spendable_sats"), () => foundMoney(chain, sums())),
    tile("blocks.maturing", sum("maturing_sats"), () => foundMoney(chain, sums())),
    chain ? tile("dashboard.earn", () => (dashboard() ? estimate(chain) : "–"), () => reasons(chain)) : null,
  ];
}

export function page() {
  const found = signal(null);
  let wanted = STEP;
  // Newest first: with what came meanwhile the pages shift, so all that is shown is asked for again, as one.
  const ask = () => api.get(query("blocks", { offset: 0, limit: wanted })).then(found.set, complain);
  const more = () => {
    wanted = Math.min(1000, wanted + STEP);
    ask();
  };
  every(15, ask);
  // Told at once, written down a moment later: what became of it is seen by the second look.
  let later;
  on("block", () => {
    ask();
    clearTimeout(later);
    later = setTimeout(ask, WRITTEN_MS);
  });
  onEnd(() => clearTimeout(later));
  return [h("div", { class: "page-head" }, h("h1", {}, title)), tiles(found), table(found, more), template()];
}
