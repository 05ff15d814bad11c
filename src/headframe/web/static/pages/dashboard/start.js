// No miner yet: how the first one is connected.
//
// Responsible for: address, user and password to type into a miner, to copy and as a QR code.
// Not responsible for: instructions for each make (pages/connect).

import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { signal } from "../../core/signals.js";
import { copyable } from "../../parts/copy.js";
import { complain } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";

export function start() {
  const known = signal(null);
  api.get("connect").then((found) => known.set(found), complain);
  return h("div", { class: "start" }, () => {
    if (!known()) return h("p", { class: "soft" }, t("core.unknown"));
    const { plain, tls, user, password } = known();
    const row = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, copyable(value, { label: name })));
    return [
      h(
        "div",
        { class: "start-words" },
        h("h3", {}, t("dashboard.start")),
        h("p", {}, t("dashboard.start_says")),
        h(
          "dl",
          { class: "facts" },
          plain.map((url, at) => row(at ? t("dashboard.start_other") : t("dashboard.start_url"), url)),
          tls.length ? row(t("dashboard.start_tls"), tls[0]) : null,
          row(t("dashboard.start_user"), user),
          row(t("dashboard.start_password"), password),
        ),
        h("a", { class: "button", href: "/connect" }, icon("connect"), t("core.nav_connect")),
      ),
      plain.length || tls.length
        ? h("figure", { class: "start-code" }, h("img", { src: `/api/v1/connect/qr.svg?what=${plain.length ? "plain" : "tls"}`, alt: t("dashboard.start_qr", { url: plain[0] ?? tls[0] }), width: 180, height: 180 }), h("figcaption", { class: "soft" }, t("dashboard.start_scan")))
        : null,
    ];
  });
}
