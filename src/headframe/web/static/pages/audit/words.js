// What entries of the audit are called.
//
// Responsible for: acts, and what they were about, in words; settings keep the names that they have in the file.
// Not responsible for: what is written down (the server).

import { h } from "../../core/dom.js";
import { has, t } from "../../core/i18n.js";
import { shown } from "../../parts/diff.js";

export const actWords = (action) => {
  const key = `audit.act_${action.replaceAll(".", "_")}`;
  return has(key) ? t(key) : action;
};

const isFact = (path) => path !== "" && has(`audit.field_${path}`);

function name(path) {
  if (!path) return null;
  return isFact(path) ? h("span", { class: "soft" }, t(`audit.field_${path}`)) : h("code", {}, path);
}

// "outcome: it would not work" says more than "ok off".
function value(path, one) {
  if (!isFact(path)) return shown(one, path);
  const flag = typeof one === "boolean";
  const word = flag ? (one ? "on" : "off") : one;
  const keys = [`audit.value_${path}_${word}`, flag ? `audit.value_${word}` : "", path === "role" ? `users.role_${word}` : ""];
  const key = keys.find((each) => each && has(each));
  return key ? t(key) : shown(one, path);
}

/** How `parts/diff.js` words them. */
export const FACTS = { name, value };
