// Acts on many miners.
//
// Responsible for: the bar for those that are chosen, asking before acting, progress, and who was left out and why.
// Not responsible for: acts on one session (pages/miner/sessions.js).

import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { count } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { overview } from "../../core/live.js";
import { said } from "../../core/said.js";
import { signal } from "../../core/signals.js";
import { confirm, dialog, toast, trouble } from "../../parts/dialog.js";
import { choice, field, form, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { nameOf } from "./words.js";

const SPANS = [["600", "ban_10m"], ["3600", "ban_1h"], ["86400", "ban_24h"], ["604800", "ban_7d"], ["2592000", "ban_30d"]];
const AT_ONCE = 200; // as many as the server takes

/** Have the server act on these miners, in parts of AT_ONCE; says how far it is, can be stopped, and says who was left out. */
async function inParts(rows, act, progress) {
  let done = 0;
  const leftOut = [];
  progress.set({ done, of: rows.length });
  try {
    for (let from = 0; from < rows.length && progress.peek() !== null; from += AT_ONCE) {
      const answer = await act(rows.slice(from, from + AT_ONCE).map((row) => row.key));
      done += answer.done.length;
      leftOut.push(...answer.left_out);
      if (progress.peek()) progress.set({ done: done + leftOut.length, of: rows.length });
    }
  } catch (error) {
    // Whatever it was, the rest would be refused too.
    const { text: says, remedy } = trouble(error);
    toast(done ? t("miners.done_some", { done: count(done), of: count(rows.length), says }) : says, { kind: "bad", remedy });
    return;
  } finally {
    progress.set(null);
  }
  if (leftOut.length) await sayWhy(leftOut, done, new Map(rows.map((row) => [row.key, nameOf(row)])));
  else toast(t("miners.done", { count: done, number: count(done) }));
}

/** Who was left out, and why. */
function sayWhy(leftOut, done, names) {
  return dialog(t("miners.left_out", { count: leftOut.length, number: count(leftOut.length) }), (close) => [
    done ? h("p", {}, t("miners.done", { count: done, number: count(done) })) : null,
    h(
      "ul",
      { class: "left-out" },
      leftOut.map((one) => h("li", {}, h("bdi", {}, names.get(one.key) ?? one.name), ": ", said(one.text), one.remedy ? h("p", { class: "soft" }, said(one.remedy)) : null)),
    ),
    h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: () => close() }, t("core.close"))),
  ]);
}

/** Ask for the source; undefined: dismissed, null: not pinned any more. */
export function askSource(title, now = "") {
  const source = signal(now ?? "");
  return dialog(title, (close) =>
    form({
      body: () => [
        field({ label: t("miners.pin_source"), help: t("miners.pin_help"), control: choice(source, [["", t("miners.not_pinned")], ...(overview()?.sources ?? []).map((each) => [each.name, each.name])]) }),
      ],
      send: async () => close({ source: source.peek() || null }),
      act: t("miners.pin"),
      cancel: () => close(),
    }),
  );
}

/** Ask for a difficulty; undefined: dismissed, {difficulty: null}: automatic. */
export function askDifficulty(title, now = null) {
  const how = signal(now === null ? "automatic" : "fixed");
  const value = signal(now === null ? "" : String(now));
  return dialog(title, (close) =>
    form({
      body: (problem) => [
        field({ label: t("miners.difficulty_how"), control: choice(how, [["automatic", t("miners.difficulty_automatic")], ["fixed", t("miners.difficulty_fixed")]]) }),
        () => (how() === "fixed" ? field({ label: t("miners.difficulty_value"), help: t("miners.difficulty_help"), problem: problem("difficulty"), control: text(value, { inputmode: "decimal", required: true }) }) : h("p", { class: "soft" }, t("miners.difficulty_automatic_help"))),
      ],
      send: async () => {
        const number = Number(value.peek().replace(",", "."));
        if (how.peek() === "fixed" && !(number > 0)) throw Object.assign(new Error(t("miners.difficulty_wrong")), { status: 422, problems: [{ path: "difficulty", text: t("miners.difficulty_wrong"), remedy: "" }] });
        close({ difficulty: how.peek() === "fixed" ? number : null });
      },
      act: t("miners.set"),
      cancel: () => close(),
    }),
  );
}

/** Ask for how long; undefined: dismissed. */
export function askBan(title, says) {
  const seconds = signal("3600");
  return dialog(title, (close) =>
    form({
      body: () => [
        h("p", {}, says),
        field({ label: t("miners.ban_for"), help: t("miners.ban_help"), control: choice(seconds, SPANS.map(([value, word]) => [value, t(`miners.${word}`)])) }),
      ],
      send: async () => close({ seconds: Number(seconds.peek()) }),
      act: t("miners.ban"),
      cancel: () => close(),
    }),
  );
}

export function acts({ chosen, done }) {
  const progress = signal(null); // {done, of} while something runs
  const rows = () => [...chosen.peek().values()];
  const many = () => ({ count: chosen.peek().size, number: count(chosen.peek().size) });
  const run = async (act) => {
    if (progress.peek()) return; // one at a time
    await inParts(rows(), act, progress);
    done();
  };
  const pin = async () => {
    const answer = await askSource(t("miners.pin_many", many()));
    if (answer) await run((keys) => api.post("acts/pin", { keys, ...answer }));
  };
  const setDifficulty = async () => {
    const answer = await askDifficulty(t("miners.difficulty_many", many()));
    if (answer) await run((keys) => api.post("acts/difficulty", { keys, ...answer }));
  };
  const ban = async () => {
    const answer = await askBan(t("miners.ban_many", many()), t("miners.ban_many_says"));
    if (answer) await run((keys) => api.post("acts/ban", { keys, ...answer }));
  };
  const disconnect = async () => {
    const sure = await confirm({ title: t("miners.disconnect_many", many()), says: t("miners.disconnect_says"), act: t("miners.disconnect"), danger: true });
    if (sure) await run((keys) => api.post("acts/disconnect", { keys }));
  };
  const button = (name, word, act) => h("button", { type: "button", disabled: () => progress() !== null, onclick: act }, icon(name, { size: 16 }), () => t(word));
  return show(
    () => chosen().size > 0,
    (some) =>
      some
        ? h(
            "div",
            { class: "act-bar", role: "region", "aria-label": () => t("miners.acts") },
            h("strong", { role: "status" }, () => (progress() ? t("miners.progress", { done: count(progress().done), of: count(progress().of) }) : t("miners.chosen", { count: chosen().size, number: count(chosen().size) }))),
            button("pin", "miners.pin", pin),
            button("bolt", "miners.set_difficulty", setDifficulty),
            button("close", "miners.disconnect", disconnect),
            button("lock", "miners.ban", ban),
            h("button", { type: "button", class: "quiet act-last", onclick: () => (progress.peek() ? progress.set(null) : chosen.set(new Map())) }, () => t(progress() ? "miners.stop" : "miners.choose_none")),
          )
        : null,
  );
}
