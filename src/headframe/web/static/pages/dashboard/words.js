// Names of events and reasons as words.
//
// Responsible for: words of what the server names by code: why shares were refused, why miners were moved, what happened.
// Not responsible for: deciding what is shown. A name without words is shown as it is: nothing is left out.

import { count, short } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";

const named = (prefix, name) => (has(`${prefix}${name}`) ? t(`${prefix}${name}`) : String(name).replaceAll("_", " "));

export const rejectReason = (name) => named("dashboard.reject_", name);
export const moveReason = (name) => named("dashboard.why_", name);
export const outcome = (name) => named("dashboard.outcome_", name);

// Whatever it was called first: the field in words that a sentence may want.
function values({ fields }) {
  const whole = (value) => (typeof value === "number" ? count(value) : String(value ?? ""));
  const filled = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, whole(value)]));
  return {
    ...filled,
    who: fields.alias || fields.worker || t("dashboard.somebody"),
    from: from(fields),
    to: to(fields),
    cause: filled.reason ?? "",
    reason: moveReason(fields.reason ?? ""),
    outcome: outcome(fields.outcome ?? ""),
    block: short(String(fields.block_hash ?? "")),
    ...counted(fields.count ?? fields.confirmations),
  };
}

// What chooses between one and many.
const counted = (number) => (typeof number === "number" ? { count: number, shown: count(number) } : {});

const from = (fields) => fields.from_source ?? fields.source ?? "";
const to = (fields) => fields.to_source ?? fields.to ?? "";

// Events that read otherwise when something is not there.
const SPECIAL = {
  session_moved: ({ fields }) => (from(fields) ? (to(fields) ? "" : "_nowhere") : "_first"),
  source_note: ({ fields }) => (fields.state === "" ? "_over" : ""),
  more: ({ kind }) => `_${kind}`,
};

/** One event of the feed as a sentence; name and fields as text where there is none. */
export function eventWords(event) {
  const name = (event.name === "moved" ? "session_moved" : event.name).replaceAll(".", "_");
  const given = values(event);
  // The special sentence, else the plain one; each only with all the fields that it needs (visitors do not get all).
  for (const ending of [SPECIAL[name]?.(event) ?? "", ""]) {
    const key = `dashboard.event_${name}${ending}`;
    const text = t(key, given);
    if (text !== key && !/\{\w+\}/.test(text)) return text;
  }
  const fields = Object.entries(event.fields).filter(([field, value]) => field !== "key" && value !== null && value !== "");
  return [event.name.replaceAll("_", " "), ...fields.map(([field, value]) => `${field} ${typeof value === "number" ? count(value) : value}`)].join(" · ");
}
