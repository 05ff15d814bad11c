// No miners.
//
// Responsible for: what to type into a miner when there is none yet; a way out when the filters leave none.
// Not responsible for: the whole page about connecting (pages/connect.js).

import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { setSearch } from "../../core/router.js";
import { signal } from "../../core/signals.js";
import { copyable } from "../../parts/copy.js";
import { complain } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";

export function noMiners() {
  const connect = signal(null);
  api.get("connect").then(connect.set, complain);
  const row = (word, value) => [h("dt", {}, word), h("dd", {}, copyable(value, { label: word }))];
  return h(
    "section",
    { class: "card empty teach" },
    icon("connect", { size: 40 }),
    h("h2", {}, () => t("miners.none_yet")),
    h("p", {}, () => t("miners.none_yet_help")),
    () => {
      const now = connect();
      if (!now) return null;
      return h(
        "div",
        { class: "teach-box" },
        h("dl", { class: "fact-list" }, now.plain[0] ? row(t("miners.url"), now.plain[0]) : null, now.tls[0] ? row(t("miners.url_tls"), now.tls[0]) : null, row(t("miners.user"), now.user), row(t("miners.password"), now.password)),
        h("img", { src: "/api/v1/connect/qr.svg?what=plain", alt: t("miners.qr"), width: 148, height: 148, class: "qr" }),
      );
    },
    h("a", { class: "button", href: "/connect" }, icon("right", { size: 16 }), () => t("miners.connect_more")),
  );
}

export const noMatch = () =>
  h(
    "section",
    { class: "card empty" },
    icon("search", { size: 40 }),
    h("h2", {}, () => t("miners.no_match")),
    h("button", { type: "button", onclick: () => setSearch({ state: [], source: [], firmware: [], text: "" }) }, () => t("miners.clear")),
  );
