// Step 5: other pools.
//
// Responsible for: the list of pools, each tested, and how the hashrate is divided among all sources.
// Not responsible for: entering one (pages/setup/pool_form.js).

import { badge } from "../../parts/status.js";
import { icon } from "../../parts/icon.js";
import { h, show } from "../../core/dom.js";
import { percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { answers, hasNode } from "./answers.js";
import { stepForm } from "./frame.js";
import { enterPool } from "./pool_form.js";

const { node, pools } = answers;

const taken = (but) => [hasNode() ? node.name.peek().trim() : "", ...pools.peek().filter((each) => each !== but).map((each) => each.values.name)];

async function add() {
  const pool = await enterPool({ values: {}, taken: taken(null) });
  if (pool) pools.set([...pools.peek(), pool]);
}

async function change(pool) {
  const next = await enterPool({ values: pool.values, taken: taken(pool) });
  if (next) pools.set(pools.peek().map((each) => (each === pool ? next : each)));
}

const row = (pool) =>
  h(
    "li",
    { class: "setup-pool" },
    icon("pool"),
    h("div", {}, h("strong", {}, pool.values.name), h("code", {}, pool.values.url[0])),
    pool.report?.ok ? badge("ok", t("setup.pool_works")) : badge("warn", t(pool.lost ? "setup.password_again" : "setup.pool_failed")),
    h("button", { type: "button", class: "quiet", onclick: () => change(pool), "aria-label": t("setup.pool_change", { name: pool.values.name }), title: t("setup.change") }, icon("edit")),
    h(
      "button",
      { type: "button", class: "quiet", onclick: () => pools.set(pools.peek().filter((each) => each !== pool)), "aria-label": t("setup.pool_remove", { name: pool.values.name }), title: t("setup.remove") },
      icon("trash"),
    ),
  );

export function poolsStep() {
  const send = async () => {
    const lost = pools.peek().find((pool) => pool.lost);
    if (lost) throw Object.assign(new Error(t("setup.password_lost")), { status: 422, remedy: t("setup.password_lost_remedy", { name: lost.values.name }), problems: [] });
    if (hasNode() || pools.peek().length) return;
    throw Object.assign(new Error(t("setup.nothing_to_mine")), { status: 422, remedy: t("setup.nothing_to_mine_remedy"), problems: [] });
  };
  return [
    h("p", {}, () => t(hasNode() ? "setup.pools_why" : "setup.pools_why_only")),
    stepForm("pools", {
      send,
      act: () => (hasNode() && !pools().length ? t("setup.pools_none") : t("setup.next")),
      body: () => [
        show(pools, (list) => (list.length ? h("ul", { class: "setup-pools" }, list.map(row)) : h("p", { class: "soft" }, t("setup.pools_empty")))),
        h("div", {}, h("button", { type: "button", onclick: add }, icon("plus"), () => t("setup.pool_add"))),
        show(pools, () => division()),
      ],
    }),
  ];
}

// Weights, where there is something to divide.
function division() {
  const parts = pools().map((pool) => ({ name: pool.values.name, get: () => pool.values.weight, set: (weight) => put(pool, weight) }));
  if (hasNode()) parts.unshift({ name: node.name(), get: () => node.weight(), set: node.weight.set });
  if (parts.length < 2) return null;
  const all = () => parts.reduce((sum, part) => sum + part.get(), 0);
  return h(
    "fieldset",
    { class: "division" },
    h("legend", {}, t("setup.division")),
    h("p", { class: "soft" }, t("setup.division_why")),
    parts.map((part) =>
      h(
        "label",
        {},
        h("span", {}, part.name),
        h("input", { type: "number", min: 0, max: 1000000, step: 1, value: part.get(), onchange: (e) => part.set(Math.max(0, Math.min(1_000_000, Math.round(Number(e.target.value) || 0)))) }),
        h("span", { class: "number" }, () => (all() > 0 ? percent(part.get() / all(), 0) : t("core.unknown"))),
      ),
    ),
  );
}

const put = (pool, weight) => pools.set(pools.peek().map((each) => (each === pool ? { ...pool, values: { ...pool.values, weight } } : each)));
