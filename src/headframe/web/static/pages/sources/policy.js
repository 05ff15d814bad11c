// Who decides how much each source gets.
//
// Responsible for: the choice between the operator's own weights and the automatic policies, what each needs, what it would
// do now, how the one in force decided.
// Not responsible for: deciding (the server), the weights themselves (pages/sources/weights.js).

import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { said } from "../../core/said.js";
import { on } from "../../core/live.js";
import { can } from "../../core/session.js";
import { computed, every, signal } from "../../core/signals.js";
import { complain, toast } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { badge } from "../../parts/status.js";
import { sharesOf } from "./balance.js";
import { sayResult } from "./draft.js";
import { moveList } from "./plan.js";

const REFRESH_S = 30;
const OWN = "weights";

/** A signal of the server's BalanceView, null before it is there. */
export function balanceNow() {
  const view = signal(null);
  const ask = () => api.get("sources/balance").then(view.set, () => {});
  every(REFRESH_S, ask);
  on("command", ask);
  return view;
}

const upper = (chains) => chains.map((each) => each.toUpperCase()).join(", ");
const over = (tier) => Object.entries(tier.over).map(([chain, part]) => `${chain.toUpperCase()} ${part > 0 ? "+" : ""}${percent(part / 100, 1)}`).join(", ");
const stateOf = (tier) => t(`balance.state_${tier.state}`, { chains: upper(tier.missing), over: over(tier) });

/** How it was decided, tier by tier where there are several. */
const states = (tiers) => tiers.map((tier) => h("p", {}, tiers.length > 1 ? `${t("sources.tier", { tier: String(tier.tier) })}: ` : null, stateOf(tier)));

/** {name: weight} of the sources of each tier, as parts of it. */
function partsOf(sources, weights) {
  const tiers = [...new Set(sources.map((one) => one.tier))];
  const shares = tiers.map((tier) => sharesOf(Object.fromEntries(sources.filter((one) => one.tier === tier).map((one) => [one.name, weights[one.name] ?? 0]))));
  return Object.fromEntries(Object.entries(Object.assign({}, ...shares)).map(([name, tenths]) => [name, tenths / 1000]));
}

/** What holds, beside what it is compared with, for the sources where they differ. */
function compared(sources, weights, others, key) {
  const [now, other] = [partsOf(sources, weights), partsOf(sources, others)];
  const differ = Object.keys(now).filter((name) => now[name] !== other[name]);
  return differ.length ? h("ul", { class: "plan" }, differ.map((name) => h("li", {}, t(key, { name, part: percent(now[name], 1), other: percent(other[name], 1) })))) : null;
}

/** How the weights that hold came about; for everybody who sees the page. */
export const standing = (view, sources) =>
  show(
    () => (view() && view().policy !== OWN && view().tiers.length ? JSON.stringify([view().policy, view().tiers, view().weights, view().base]) : ""),
    (some) =>
      some
        ? h("div", { class: "source-note" }, icon("about", { size: 16 }), h("div", {}, h("strong", {}, t(`balance.option_${view.peek().policy}`)), states(view.peek().tiers), compared(sources.peek(), view.peek().weights, view.peek().base, "balance.yours")))
        : null,
  );

const wordOf = (need) => t("balance.need", { what: t(`balance.what_${need.what}`), chain: need.chain.toUpperCase(), by: t(`balance.by_${need.by || "none"}`) });

function needBadge(need) {
  if (!need.by) return badge("bad", t("balance.need_missing"));
  if (need.known === null || need.known === undefined) return badge("unknown", t("balance.need_unasked"));
  return need.known ? badge("ok", t("balance.need_known")) : badge("warn", t("balance.need_unknown"));
}

function needs(view, option) {
  if (option.name === OWN) return null;
  if (view.chains.length < 2) return h("p", { class: "soft" }, t("balance.one_chain", { chains: upper(view.chains) }));
  const missing = option.needs.some((need) => !need.by);
  return [
    h("ul", { class: "policy-needs" }, option.needs.map((need) => h("li", {}, needBadge(need), h("span", {}, wordOf(need), need.reason ? `: ${said(need.reason)}` : null)))),
    missing ? h("p", {}, t("balance.add_feeds"), " ", h("a", { href: "/settings?q=routing.feed" }, t("balance.to_feeds"))) : null,
  ];
}

function wouldDo(view, sources, found) {
  const { trial, plan } = found;
  return [
    states(trial.tiers),
    compared(sources.peek(), trial.weights, view.peek().weights, "balance.would") ?? h("p", {}, t("balance.would_same")),
    plan.moves.length ? [h("p", {}, t("sources.preview")), moveList(plan.moves)] : null,
  ];
}

/** The choice. `view` is of balanceNow. */
export function policies(view, sources) {
  const chosen = signal(null); // looked at, not in force
  const trial = signal(null);
  const busy = signal(false);
  let turn = 0;
  const current = computed(() => chosen() ?? view()?.policy ?? OWN);
  const optionOf = (name) => trial()?.trial.option.name === name ? trial().trial.option : view().options.find((one) => one.name === name);
  async function look(name) {
    const mine = ++turn;
    trial.set(null);
    chosen.set(name === view.peek().policy ? null : name);
    if (!chosen.peek() || !optionOf(name)?.able) return;
    try {
      const found = await api.post("sources/balance/preview", { policy: name });
      if (mine === turn) trial.set(found);
    } catch (error) {
      if (mine === turn) complain(error);
    }
  }
  async function use() {
    const name = chosen.peek();
    busy.set(true);
    try {
      // The operator's own weights are what holds without the setting: the file is then as it was before.
      sayResult(await api.patch("settings", { changes: [{ path: "routing.policy", value: name === OWN ? null : name }] }));
      toast(t("balance.chosen"));
      view.set(await api.get("sources/balance"));
      look(view.peek().policy);
    } catch (error) {
      complain(error);
    } finally {
      busy.set(false);
    }
  }
  const radio = (option) =>
    h(
      "div",
      { class: () => ["policy", current() === option.name && "policy-chosen"] },
      h(
        "label",
        { class: "policy-choice" },
        h("input", { type: "radio", name: "policy", value: option.name, checked: () => current() === option.name, onchange: () => look(option.name) }),
        h("strong", {}, t(`balance.option_${option.name}`)),
        show(() => view()?.policy === option.name, (is) => (is ? badge("ok", t("balance.in_force")) : null)),
      ),
      h("p", { class: "soft" }, t(`balance.says_${option.name}`)),
      show(() => current() === option.name && view() !== null && JSON.stringify([optionOf(option.name), view().chains]), (open) => (open ? needs(view.peek(), optionOf(option.name)) : null)),
    );
  const able = () => Boolean(chosen() && optionOf(chosen())?.able);
  return show(
    () => can("settings") && Boolean(view()?.options.length),
    (may) =>
      may
        ? h(
            "section",
            { class: "card" },
            h("header", {}, h("h2", {}, () => t("balance.title"))),
            h("div", { class: "policies", role: "radiogroup", "aria-label": () => t("balance.title") }, view.peek().options.map(radio)),
            h("div", { class: "plan-box", role: "status" }, () => (!chosen() ? null : !able() ? h("p", {}, t("balance.lacks")) : trial() ? wouldDo(view, sources, trial()) : h("p", { class: "soft" }, t("balance.wait")))),
            show(chosen, (some) =>
              some
                ? h("div", { class: "actions weights-acts" }, h("button", { type: "button", class: "primary", disabled: () => !able() || busy(), "aria-busy": () => (busy() ? "true" : null), onclick: use }, t("balance.use")), h("button", { type: "button", disabled: busy, onclick: () => look(view.peek().policy) }, t("sources.discard")))
                : null,
            ),
          )
        : null,
  );
}
