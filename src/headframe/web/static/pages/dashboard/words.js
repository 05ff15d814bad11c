// Names of events and reasons as words.
//
// Responsible for: words of what the server names by code: why shares were refused, why miners were moved, what happened.
// Not responsible for: deciding what is shown. A name without words is shown as it is: nothing is left out.

import { count, duration } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";

const named = (prefix, name) => (has(`${prefix}${name}`) ? t(`${prefix}${name}`) : String(name).replaceAll("_", " "));

export const rejectReason = (name) => named("dashboard.reject_", name);
export const moveReason = (name) => named("dashboard.why_", name);
export const outcome = (name) => named("dashboard.outcome_", name);

// Whatever it was called first: the field in words that a sentence may want.
function values(fields) {
  const whole = (value) => (typeof value === "number" ? count(value) : String(value ?? ""));
  const filled = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, whole(value)]));
  const from = fields.from_source ?? fields.source;
  const to = fields.to_source ?? fields.to;
  return {
    ...filled,
    who: fields.alias || fields.worker || t("dashboard.somebody"),
    from: from || t("dashboard.no_source"),
    to: to || t("dashboard.no_source"),
    reason: moveReason(fields.reason ?? ""),
    outcome: outcome(fields.outcome ?? ""),
    seconds: typeof fields.seconds === "number" ? duration(fields.seconds) : "",
    ...(typeof fields.count === "number" ? { count: fields.count, shown: count(fields.count) } : {}),
  };
}

const NEEDS = /\{(\w+)\}/g;

/** One event of the feed as a sentence; name and fields as text where there is none. */
export function eventWords(event) {
  const key = `dashboard.event_${event.name}`;
  const given = values(event.fields);
  const text = t(key, given);
  // Without the words, or without a field that they need (visitors do not get all): name and fields, as they are.
  if (text !== key && !NEEDS.test(text)) return text;
  NEEDS.lastIndex = 0;
  const fields = Object.entries(event.fields).filter(([name, value]) => name !== "key" && value !== null && value !== "");
  return [event.name.replaceAll("_", " "), ...fields.map(([name, value]) => `${name} ${typeof value === "number" ? count(value) : value}`)].join(" · ");
}
