// What each role may.
//
// Responsible for: the table of roles and permissions, for reading. Not responsible for: enforcing it
// (service/permissions.py has the matrix that holds; a test compares the two).

import { icon } from "../../parts/icon.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";

export const ROLES = ["owner", "admin", "operator", "viewer"];

// The least role that has it; each role may all that the ones after it may.
export const LEAST = [
  ["view", "viewer"],
  ["view.private", "operator"],
  ["miners", "operator"],
  ["weights", "operator"],
  ["sources", "admin"],
  ["settings", "admin"],
  ["accounts", "admin"],
  ["audit", "admin"],
  ["owners", "owner"],
];

const may = (role, least) => ROLES.indexOf(role) <= ROLES.indexOf(least);

export const matrix = () =>
  h(
    "details",
    { class: "card" },
    h("summary", {}, () => t("users.matrix")),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": () => t("users.matrix") },
      h(
        "table",
        { class: "matrix" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, () => t("users.may")), ROLES.map((role) => h("th", { scope: "col" }, () => t(`users.role_${role}`))))),
        h(
          "tbody",
          {},
          LEAST.map(([permission, least]) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, () => t(`me.may_${permission.replace(".", "_")}`)),
              ROLES.map((role) => h("td", {}, may(role, least) ? icon("ok", { label: t("users.yes"), size: 18 }) : h("span", { class: "soft" }, icon("offline", { label: t("users.no"), size: 18 })))),
            ),
          ),
        ),
      ),
    ),
  );
