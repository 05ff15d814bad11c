// Where work comes from.
//
// Responsible for: the order of this page: the shaft with the weights, a card for each source, the networks.
// Not responsible for: the parts (pages/sources/*), the picture (parts/shaft.js).

import { api } from "../core/api.js";
import { each, h, show } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { overview } from "../core/live.js";
import { preference } from "../core/preferences.js";
import { search } from "../core/router.js";
import { can } from "../core/session.js";
import { computed, effect, signal, untracked } from "../core/signals.js";
import { complain } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { ranges } from "../parts/ranges.js";
import { shaft } from "../parts/shaft.js";
import { firstShaft } from "./dashboard/first.js";
import { card } from "./sources/card.js";
import { draft, preview, sharesNow, tiersOf, trade } from "./sources/draft.js";
import { addSource } from "./sources/edit.js";
import { networks } from "./sources/networks.js";
import { balanceNow, policies, standing } from "./sources/policy.js";
import { weights } from "./sources/weights.js";

export const title = () => t("core.nav_sources");

/** Bring the card that the address names into view, once it is there. */
function arrive(sources) {
  const wanted = search.peek().get("source");
  if (!wanted) return;
  let done = false;
  effect(() => {
    if (done || !sources().some((one) => one.name === wanted)) return;
    done = true;
    setTimeout(() => {
      const node = document.getElementById(`source-${wanted}`);
      node?.scrollIntoView({ block: "start" });
      node?.focus({ preventScroll: true });
    });
  });
}

export function page() {
  const first = signal([]);
  api.get("sources").then(first.set, complain);
  const sources = computed(() => overview()?.sources ?? first() ?? []);
  const balance = untracked(balanceNow);
  // What people set are their own weights, whatever a policy makes of them meanwhile.
  const own = computed(() => sources().map((one) => ({ ...one, weight: balance()?.base[one.name] ?? one.weight })));
  const range = preference("sources.range", "24h");
  const several = computed(() => can("weights") && sources().length > 1);
  const tier = () => tiersOf(sources())[0];
  const drafted = () => {
    const shares = sharesNow(draft() ? own() : sources(), tier());
    return Object.fromEntries(Object.entries(shares).map(([name, tenths]) => [name, tenths / 1000]));
  };
  untracked(firstShaft);
  arrive(sources);
  const picture = (drag) =>
    drag
      ? shaft({ sources, large: true, wanted: drafted, ghosts: () => (draft() ? (preview()?.moves ?? []) : []), onweight: (name, share, other, rest) => trade(own.peek(), tier(), { [name]: share, [other]: rest }) })
      : shaft({ sources, large: true });
  return [
    h(
      "div",
      { class: "page-head" },
      h("h1", {}, title),
      show(
        () => can("sources") && can("settings"),
        (may) => (may ? h("div", { class: "actions" }, h("button", { type: "button", onclick: () => addSource().catch(complain) }, icon("plus", { size: 16 }), () => t("sources.add"))) : null),
      ),
    ),
    standing(balance, sources),
    show(
      () => sources().length > 0,
      (some) => (some ? h("section", { class: "card" }, h("header", {}, h("h2", {}, () => t("sources.who_mines_where"))), show(several, picture)) : null),
    ),
    show(several, (may) =>
      may ? h("section", { class: "card" }, h("header", {}, h("h2", {}, () => t("sources.weights")), h("p", { class: "soft" }, () => t("sources.weights_help"))), weights(own)) : null,
    ),
    policies(balance, sources),
    show(
      () => sources().length > 0,
      (some) => (some ? h("div", { class: "page-head" }, h("h2", {}, () => t("sources.each")), ranges(range)) : null),
    ),
    each(sources, (one) => one.name, (one) => card(one, sources, range)),
    networks(),
  ];
}
