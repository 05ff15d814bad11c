// What runs here.
//
// Responsible for: versions, how shares are hashed, whose work is used under which licence, the documents that came along.
// Not responsible for: updates: nothing is asked of anybody.

import { complain } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { badge } from "../parts/status.js";
import { api } from "../core/api.js";
import { h, show } from "../core/dom.js";
import { duration, serverNow, time } from "../core/format.js";
import { t } from "../core/i18n.js";
import { overview } from "../core/live.js";
import { signal } from "../core/signals.js";

export const title = () => t("core.nav_about");

export function page() {
  const about = signal(null);
  const documents = signal([]);
  api.get("about").then(about.set).catch(complain);
  api.get("documents").then(documents.set).catch(complain);
  return [
    h("header", { class: "page-head" }, h("h1", {}, () => t("about.title"))),
    show(about, (now) => (now ? body(now, documents) : h("p", { class: "soft", role: "status" }, t("about.loading")))),
  ];
}

const fact = (word, ...value) => [h("dt", {}, () => t(`about.${word}`)), h("dd", {}, h("div", {}, value))];

// "twin" is the same in Python: right, but slower.
const native = (kernel) => !/twin|python/i.test(kernel);

// In the order of who reads them: how to run it, then all there is of something.
const FOLDERS = ["operating", "reference"];

const library = (documents) => () => [
  h("p", {}, t(documents().length ? "about.documents_where" : "about.documents_none")),
  FOLDERS.map((folder) => {
    const here = documents().filter((one) => one.name.startsWith(`${folder}/`));
    return here.length ? [h("h3", {}, t(`about.documents_${folder}`)), h("ul", { class: "documents" }, here.map((one) => h("li", {}, h("a", { href: `/api/v1/documents/${one.name}`, target: "_blank", rel: "noopener", lang: "en" }, one.title))))] : null;
  }),
];

function body(about, documents) {
  return [
    h("div", { class: "grid" }, [
      h(
        "section",
        { class: "card" },
        h("header", {}, h("img", { src: "/static/icon.svg", alt: "", width: 32, height: 32 }), h("h2", {}, "Headframe")),
        h("p", {}, () => t("about.what")),
        h(
          "dl",
          { class: "set-facts" },
          fact("version", about.version),
          fact("kernel", badge(native(about.kernel) ? "ok" : "warn", about.kernel), " ", h("span", { class: "soft" }, () => t(native(about.kernel) ? "about.kernel_native" : "about.kernel_twin"))),
          fact("python", about.python),
          fact("system", about.system),
          fact("running", () => (overview() ? h("span", { title: time(overview().started_ms) }, duration((serverNow() - overview().started_ms) / 1000)) : t("core.unknown"))),
          fact("licence", about.licence),
        ),
      ),
      h(
        "section",
        { class: "card" },
        h("header", {}, icon("about"), h("h2", {}, () => t("about.documents"))),
        library(documents),
        h("h3", {}, () => t("about.programs")),
        h("p", {}, () => t("about.api")),
        h("p", {}, h("a", { href: "/api/v1/openapi.json", target: "_blank", rel: "noopener" }, "/api/v1/openapi.json")),
        h("p", {}, h("a", { href: "/metrics", target: "_blank", rel: "noopener" }, "/metrics"), " ", h("span", { class: "soft" }, () => t("about.metrics"))),
      ),
    ]),
    h(
      "section",
      { class: "card" },
      h("header", {}, h("h2", {}, () => t("about.libraries"))),
      h("p", { class: "soft" }, () => t("about.libraries_why")),
      about.libraries.length
        ? h(
            "div",
            { class: "scroll", tabindex: "0", role: "region", "aria-label": () => t("about.libraries") },
            h(
              "table",
              {},
              h("thead", {}, h("tr", {}, h("th", {}, () => t("about.name")), h("th", {}, () => t("about.version")), h("th", {}, () => t("about.licence")))),
              h("tbody", {}, about.libraries.map((one) => h("tr", {}, h("td", {}, one.name), h("td", {}, one.version), h("td", {}, one.licence || (() => t("core.unknown")))))),
            ),
          )
        : h("p", { class: "soft" }, () => t("about.no_libraries")),
    ),
  ];
}
