// One miner.
//
// Responsible for: how it is and why, and the order of the parts below; pinning it, fixing its difficulty.
// Not responsible for: the parts (pages/miner/*), the list of miners (pages/miners.js).

import { api, part } from "../core/api.js";
import { h, show } from "../core/dom.js";
import { ago, count, difficulty, duration, errorOf, hashrate, percent, serverNow, time } from "../core/format.js";
import { t } from "../core/i18n.js";
import { on } from "../core/live.js";
import { can } from "../core/session.js";
import { computed, effect, every, signal } from "../core/signals.js";
import { copyable } from "../parts/copy.js";
import { complain, toast, trouble as wordsOf } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { why } from "../parts/why.js";
import { difficultyCard, hashrateCard } from "./miner/charts.js";
import { movesCard } from "./miner/moves.js";
import { sessionsCard } from "./miner/sessions.js";
import { reasonsCard, sharesCard } from "./miner/shares.js";
import { askDifficulty, askSource } from "./miners/acts.js";
import { sourceNames } from "./miners/columns.js";
import { nameOf, rejectsOf, stateBadge, worst } from "./miners/words.js";

const name = signal("");
export const title = () => name() || t("core.nav_miners");

/** Why it is in its state, and what to do. */
function whyState(miner) {
  const when = ago(miner.last_share_ms);
  return t(`miners.why_${miner.state}`, { when, reasons: worst(miner.refusals, 2) || t("core.unknown"), difficulty: difficulty(miner.difficulty) });
}

/** Seconds since its first share; null before. */
const ageOf = (miner) => (miner.first_seen_ms ? Math.max(1, (serverNow() - miner.first_seen_ms) / 1000) : null);
/** "since …", of what is counted or measured from the first share on. */
const since = (miner) => (miner.first_seen_ms ? t("miners.since", { when: time(miner.first_seen_ms, { dateStyle: "medium", timeStyle: "short" }) }) : "");

/** How sure a window's hashrate is: from the work done at the difficulty that the miner has now. */
function sure(miner, window, most) {
  const seconds = Math.min(most, ageOf(miner) ?? most);
  const span = duration(Math.floor(seconds));
  const expected = miner.difficulty ? (miner.hashrate[window] * seconds) / (miner.difficulty * 2 ** 32) : null;
  const shares = expected === null ? null : Math.round(expected);
  if (shares === null) return t("miners.error_unknown", { span });
  return shares ? t("miners.error_of", { shares: count(shares), span, error: percent(errorOf(shares), 0) }) : t("miners.error_none", { span });
}

function tile(word, value, more = null, below = null) {
  return h("div", { class: "tile" }, h("div", { class: "tile-word soft" }, word), h("div", { class: "tile-value number" }, more ? why(value, more, { label: word }) : value), below ? h("div", { class: "tile-below soft" }, below) : null);
}

function tiles(miner) {
  const rate = (window, seconds) =>
    tile(
      () => t(`miners.rate_${window}`),
      () => hashrate(miner().first_seen_ms === null ? null : miner().hashrate[window]),
      () => (miner().first_seen_ms === null ? t("miners.not_known_yet") : sure(miner(), window, seconds)),
      () => ((ageOf(miner()) ?? seconds) < seconds ? since(miner()) : null),
    );
  const counted = () => since(miner());
  const seen = (ms) => h("span", { title: () => time(ms()) }, () => ago(ms()));
  return h(
    "section",
    { class: "card tiles", "aria-label": () => t("miners.summary") },
    rate("h5m", 300),
    rate("h1h", 3600),
    rate("h24h", 86400),
    tile(() => t("miners.col_shares"), () => count(miner().accepted), null, counted),
    tile(() => t("miners.col_rejects"), h("span", { class: () => (miner().state === "rejecting" ? "text-bad" : "") }, () => t("miners.number_share", { number: count(miner().rejected), part: percent(rejectsOf(miner())) })), null, counted),
    tile(() => t("miners.best_today"), () => difficulty(miner().best_difficulty_today)),
    tile(() => t("miners.best_ever"), () => difficulty(miner().best_difficulty)),
    tile(() => t("miners.col_last"), seen(() => miner().last_share_ms)),
    tile(() => t("miners.col_uptime"), () => (miner().connected_ms ? duration(Math.max(0, (serverNow() - miner().connected_ms) / 1000)) : "–")),
  );
}

function facts(miner) {
  const row = (word, value) => [h("dt", {}, () => t(word)), h("dd", {}, value)];
  return h(
    "dl",
    { class: "fact-list miner-facts" },
    row("miners.source", sourceNames(miner)),
    row("miners.col_firmware", h("bdi", {}, () => miner().firmware || t("core.unknown"))),
    show(() => miner().identity, (identity) => (identity ? row("miners.identity", copyable(identity, { label: t("miners.identity") })) : null)),
    row("miners.first_seen", () => (miner().first_seen_ms ? time(miner().first_seen_ms) : t("core.unknown"))),
  );
}

function body(key, detail, again) {
  const miner = computed(() => detail().miner);
  const pin = async () => {
    const now = miner.peek();
    const answer = await askSource(t("miners.pin_many", { count: 1, number: count(1) }), now.pinned_to);
    if (!answer) return;
    await api.put(`workers/${part(key)}/pin`, answer);
    toast(answer.source ? t("miners.pinned", { name: nameOf(now), source: answer.source }) : t("miners.pinned_not", { name: nameOf(now) }));
    again();
  };
  const fix = async () => {
    const now = miner.peek();
    const answer = await askDifficulty(t("miners.difficulty_many", { count: 1, number: count(1) }), now.fixed_difficulty);
    if (!answer) return;
    await api.put(`workers/${part(key)}/difficulty`, answer);
    toast(t(answer.difficulty === null ? "miners.difficulty_now_free" : "miners.difficulty_set"));
    again();
  };
  const button = (name, word, act) => h("button", { type: "button", onclick: () => act().catch(complain) }, icon(name, { size: 16 }), () => t(word));
  return [
    h(
      "div",
      { class: "page-head" },
      h("a", { href: "/miners", class: "back" }, icon("left", { size: 16 }), () => t("miners.all_miners")),
      h("h1", {}, h("bdi", {}, () => nameOf(miner()))),
      show(() => miner().state, stateBadge),
      show(
        () => miner().pinned_to,
        (to) => (to ? h("span", { class: "badge badge-wait" }, icon("pin", { size: 14 }), h("span", {}, t("miners.pinned_to", { source: to }))) : null),
      ),
      show(
        () => miner().fixed_difficulty,
        (at) => (at ? h("span", { class: "badge badge-wait" }, icon("bolt", { size: 14 }), h("span", {}, t("miners.fixed_at", { value: difficulty(at) }))) : null),
      ),
      show(
        () => can("miners"),
        (may) => (may ? h("div", { class: "actions" }, button("pin", "miners.unpin", pin), button("bolt", "miners.set_difficulty", fix)) : null),
      ),
    ),
    h("p", { class: () => ["miner-why", `why-${miner().state}`] }, () => whyState(miner())),
    tiles(miner),
    facts(miner),
    hashrateCard(key, () => miner().first_seen_ms),
    h("div", { class: "grid" }, reasonsCard(miner), difficultyCard(detail)),
    sessionsCard(detail, again),
    sharesCard(detail),
    movesCard(detail),
  ];
}

export function page({ key }) {
  const detail = signal(null);
  const error = signal(null);
  const ask = () =>
    api.get(`workers/${part(key)}`).then(
      (found) => {
        error.set(null);
        detail.set(found);
      },
      (trouble) => error.set(trouble),
    );
  every(5, ask);
  on("move", (one) => one?.fields?.key === key && ask());
  effect(() => name.set(detail() ? nameOf(detail().miner) : ""));
  return [
    () => {
      if (!error()) return null;
      const { text, remedy } = wordsOf(error());
      return h("div", { class: "refusal", role: "alert" }, icon("bad"), h("div", {}, h("strong", {}, text), remedy ? h("p", {}, remedy) : null, error().status === 404 ? h("a", { href: "/miners" }, t("miners.all_miners")) : null));
    },
    show(() => Boolean(detail()), (known) => (known ? body(key, detail, ask) : null)),
  ];
}
