// What to type into a miner, with pictures to scan.
//
// Responsible for: address, user and password with copy buttons, TLS with certificate and fingerprint, QR codes, and the
// fields of each kind of firmware (pages/connect/firmware.js).
// Not responsible for: which addresses there are (the server).

import { copyable } from "../../parts/copy.js";
import { icon } from "../../parts/icon.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { firmwareTabs } from "./firmware.js";

/** `connect` is the server's ConnectView; `pictures`: whether the server can draw QR codes by now. */
export function guide(connect, { pictures }) {
  if (!connect.plain.length && !connect.tls.length) {
    return h("div", { class: "empty" }, icon("warn", { size: 40 }), h("h2", {}, () => t("connect.nowhere")), h("p", {}, () => t("connect.nowhere_remedy")));
  }
  return [
    h(
      "div",
      { class: "connect-grid" },
      connect.plain.length ? way("plain", connect.plain, connect, pictures) : null,
      connect.tls.length ? way("tls", connect.tls, connect, pictures) : null,
    ),
    h("section", { class: "card" }, h("header", {}, h("h2", {}, () => t("connect.where"))), firmwareTabs(connect)),
    connect.tls.length ? certificate(connect) : null,
    h("section", { class: "card" }, h("header", {}, h("h2", {}, () => t("connect.then"))), h("p", {}, () => t("connect.then_words"))),
  ];
}

const fact = (word, node) => h("div", { class: "connect-fact" }, h("span", { class: "soft" }, word), node);

function way(kind, urls, connect, pictures) {
  return h(
    "section",
    { class: "card connect-way" },
    h(
      "div",
      { class: "connect-facts" },
      h("h2", {}, icon(kind === "tls" ? "lock" : "connect"), " ", () => t(`connect.${kind}`)),
      h("p", { class: "soft" }, () => t(`connect.${kind}_why`)),
      fact(() => t("connect.url"), copyable(urls[0], { label: t("connect.url") })),
      fact(() => t("connect.user"), copyable(connect.user, { label: t("connect.user") })),
      fact(() => t("connect.password"), copyable(connect.password, { label: t("connect.password") })),
      urls.length > 1
        ? h("details", {}, h("summary", {}, () => t("connect.others", { count: urls.length - 1 })), h("ul", { class: "plain-list" }, urls.slice(1).map((url) => h("li", {}, copyable(url)))))
        : null,
    ),
    pictures
      ? h("img", { class: "qr", src: `/api/v1/connect/qr.svg?what=${kind}`, alt: () => t("connect.qr", { url: urls[0] }), width: 168, height: 168 })
      : null,
  );
}

function certificate(connect) {
  return h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("connect.certificate"))),
    h("p", {}, () => t("connect.certificate_why")),
    connect.fingerprint ? fact(() => t("connect.fingerprint"), copyable(pairs(connect.fingerprint), { label: t("connect.fingerprint") })) : null,
    h("p", {}, h("a", { class: "button", href: "/api/v1/connect/certificate.pem", download: "headframe.pem" }, icon("download", { size: 16 }), () => t("connect.download"))),
  );
}

/** "AB:CD:…" as certificates are shown elsewhere. */
const pairs = (hex) => (hex.includes(":") ? hex : (hex.match(/../g) ?? []).join(":")).toUpperCase();
