// The shaft as a list, for narrow boxes.
//
// Responsible for: each source with its state, rate and part of the whole, and its largest miners.
// Not responsible for: the picture (parts/shaft.js); CSS shows one of the two.

import { each, h } from "../core/dom.js";
import { count, hashrate, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sourceColor } from "./chart-colors.js";
import { percents } from "./shaft-layout.js";
import { sourceBadge } from "./shaft-state.js";
import { minerName, sourcePath, turns } from "./shaft-words.js";

const MINERS = 3;

export function list({ plan, known, said, bare, empty }) {
  return h(
    "ul",
    { class: "shaft-list" },
    each(() => plan()?.sources, (one) => one.name, (one) => item(one, plan, known, said)),
    () => (bare() ? h("li", { class: "shaft-list-empty" }, empty()) : null),
  );
}

function item(one, plan, known, said) {
  const part = () => (plan()?.total > 0 ? one().hashrate / plan().total : null);
  // Whole percents that add up over all sources.
  const whole = () => (plan()?.total > 0 ? percents(plan().sources.map((each) => each.hashrate / plan().total))[plan().sources.findIndex((each) => each.name === one().name)] : null);
  const own = () => (plan()?.miners ?? []).filter((row) => row.first === one().name && row.key);
  const largest = () => [...own()].sort((a, b) => b.hashrate - a.hashrate).slice(0, MINERS);
  const more = () => one().miners - Math.min(MINERS, own().length);
  return h(
    "li",
    { style: () => ({ "--c": sourceColor(one().name), "--part": `${((part() ?? 0) * 100).toFixed(1)}%` }) },
    h("a", { class: "shaft-list-source", href: () => sourcePath(one().name) }, h("strong", {}, () => one().name), () => sourceBadge(known().get(one().name)), h("span", { class: "number" }, () => hashrate(one().rate))),
    h("div", { class: "shaft-list-part" }, h("span", { class: "shaft-list-bar" }), h("span", { class: "soft number" }, () => percent(whole(), 0))),
    h("p", { class: "shaft-share number" }, () => said().get(one().name) ?? ""),
    h(
      "ul",
      { class: "shaft-list-miners" },
      each(largest, (row) => row.id, (row) => h("li", {}, h("a", { href: () => `/miners/${encodeURIComponent(row().key)}` }, () => minerName(row())), h("span", { class: "number soft", title: () => turns(row()) || null }, () => hashrate(row().rate)))),
      () => (more() > 0 ? h("li", {}, h("a", { href: "/miners" }, t("core.shaft_more", { count: more(), shown: count(more()) }))) : null),
    ),
  );
}
