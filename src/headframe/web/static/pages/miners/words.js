// How a miner is, in words.
//
// Responsible for: the states' badges, refusals by reason in plain words, what a refusal means.
// Not responsible for: deciding any of it (the server does).

import { count, difficulty, duration, percent, time } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";
import { badge } from "../../parts/status.js";

/** Worst first: the order of the filters too. */
export const STATES = ["rejecting", "silent", "offline", "mining"];
export const KINDS = { mining: "ok", rejecting: "bad", silent: "warn", offline: "off" };

const wordOf = (key, other) => (has(key) ? t(key) : other);

export const stateWord = (state) => wordOf(`miners.state.${state}`, state);
export const stateBadge = (state) => badge(KINDS[state] ?? "unknown", stateWord(state), { title: wordOf(`miners.state_means.${state}`, null) });

/** What to call a miner: a name of nothing but spaces and unseen characters is none that could be clicked. */
export const nameOf = (row) => (/[\p{L}\p{N}\p{P}\p{S}]/u.test(row.alias) ? row.alias : row.key.slice(0, 8));

/** A part of all shares, or null before the first. */
export const rejectsOf = (row) => (row.accepted + row.rejected ? row.rejected / (row.accepted + row.rejected) : null);

export const reasonWord = (reason) => wordOf(`miners.reason.${reason}`, reason);

/** Refusals, the most frequent first: "stale 80 %, duplicate 20 %". */
export function worst(refusals, most) {
  const all = Object.values(refusals).reduce((sum, each) => sum + each, 0);
  return Object.entries(refusals)
    .filter(([, times]) => times)
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([reason, times]) => `${reasonWord(reason)} ${percent(times / all, 0)}`)
    .join(", ");
}

const SHOWN = {
  met: difficulty,
  required: difficulty,
  void_for_s: duration,
  allowed_s: duration,
  ntime: (seconds) => time(seconds * 1000),
  earliest: (seconds) => time(seconds * 1000),
  latest: (seconds) => time(seconds * 1000),
};

/** What was sent and what was expected, in plain words; of an accepted share what it met. */
export function explain(share) {
  const met = { wanted: difficulty(share.difficulty), met: difficulty(share.share_difficulty) };
  if (!share.reason) return share.share_difficulty === null ? "" : t("miners.explain.accepted", met);
  const values = { ...met };
  for (const [name, value] of Object.entries(share.explanation)) {
    values[name] = SHOWN[name] ? SHOWN[name](value) : typeof value === "number" ? count(value) : value;
  }
  const kind = `miners.explain.${share.reason}`;
  // What could not be read at all has other numbers than what was read and is wrong.
  if ("sent" in share.explanation && has(`${kind}_sent`)) return t(`${kind}_sent`, values);
  return has(kind) ? t(kind, values) : "";
}

/** What to do about a reason. */
export const remedyOf = (reason) => wordOf(`miners.remedy.${reason}`, "");
