// How to connect a miner.
//
// Responsible for: asking the server what to type.
// Not responsible for: showing it (pages/connect/guide.js, which set-up uses too).

import { complain } from "../parts/dialog.js";
import { api } from "../core/api.js";
import { h, show } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { signal } from "../core/signals.js";
import { guide } from "./connect/guide.js";

export const title = () => t("core.nav_connect");

export function page() {
  const connect = signal(null);
  api.get("connect").then(connect.set).catch(complain);
  return [
    h("header", { class: "page-head" }, h("h1", {}, () => t("connect.title"))),
    h("p", { class: "soft lead" }, () => t("connect.lead")),
    show(connect, (found) => (found ? guide(found, { pictures: true }) : h("p", { role: "status", class: "soft" }, t("connect.asking")))),
  ];
}
