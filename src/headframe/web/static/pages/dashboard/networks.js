// The networks that are mined on.
//
// Responsible for: difficulty and hashrate of each chain, over a short and a long while.
// Not responsible for: which source mines on which (pages/sources).

import { each, h } from "../../core/dom.js";
import { difficulty, duration, hashrate, percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { dashboard } from "../../core/live.js";
import { why } from "../../parts/why.js";

export function networks() {
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("dashboard.networks"))),
    h("div", { class: "networks" }, each(() => dashboard()?.networks, (network) => network.chain, one)),
    () => (dashboard()?.networks.length ? null : h("p", { class: "soft" }, dashboard() ? t("dashboard.networks_none") : t("core.unknown"))),
  );
}

function one(network) {
  const part = () => {
    const [ours, all] = [dashboard()?.hashrate.h1h, network().long_hashrate];
    return ours && all ? ours / all : null;
  };
  const row = (name, value, reason = null) => h("div", {}, h("dt", {}, reason ? why(name, reason, { label: name }) : name), h("dd", { class: "number" }, value));
  return h(
    "div",
    { class: "network-one" },
    h("h3", {}, () => network().chain.toUpperCase()),
    h(
      "dl",
      { class: "facts" },
      row(() => t("dashboard.network_difficulty"), () => difficulty(network().difficulty)),
      row(() => t("dashboard.network_short"), () => hashrate(network().short_hashrate), () => t("dashboard.network_why", { span: duration(network().short_s) })),
      row(() => t("dashboard.network_long"), () => hashrate(network().long_hashrate), () => t("dashboard.network_why", { span: duration(network().long_s) })),
      row(() => t("dashboard.network_part"), () => percent(part())),
    ),
  );
}
