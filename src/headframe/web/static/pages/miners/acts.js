// Acts on many miners.
//
// Responsible for: the bar for those that are chosen, asking before acting, acting on one after the other with progress.
// Not responsible for: acts on one session (pages/miner/sessions.js).

import { api, part } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { count } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { overview } from "../../core/live.js";
import { signal } from "../../core/signals.js";
import { confirm, dialog, toast, trouble } from "../../parts/dialog.js";
import { choice, field, form, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";

/** Do `act` for each, one after the other; says how far it is, can be stopped, and says what was refused. */
async function inTurn(rows, act, progress) {
  let [done, refused, last] = [0, 0, null];
  progress.set({ done, of: rows.length });
  for (const row of rows) {
    if (progress.peek() === null) break;
    try {
      await act(row);
      done += 1;
    } catch (error) {
      [refused, last] = [refused + 1, error];
      // Too fast, or not allowed: the rest would be refused too.
      if ([0, 401, 403, 429].includes(error.status)) break;
    }
    if (progress.peek()) progress.set({ done: done + refused, of: rows.length });
  }
  progress.set(null);
  if (last) {
    const { text: says, remedy } = trouble(last);
    toast(t("miners.done_some", { done: count(done), of: count(rows.length), says }), { kind: "bad", remedy });
  } else toast(t("miners.done", { count: done, number: count(done) }));
}

async function eachSession(row, act) {
  const detail = await api.get(`workers/${part(row.key)}`);
  for (const session of detail.sessions) await act(session.session_id);
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

export function acts({ chosen, done }) {
  const progress = signal(null); // {done, of} while something runs
  const rows = () => [...chosen.peek().values()];
  const many = () => ({ count: chosen.peek().size, number: count(chosen.peek().size) });
  const run = async (act) => {
    await inTurn(rows(), act, progress);
    done();
  };
  const pin = async () => {
    const answer = await askSource(t("miners.pin_many", many()));
    if (answer) await run((row) => api.put(`workers/${part(row.key)}/pin`, answer));
  };
  const setDifficulty = async () => {
    const answer = await askDifficulty(t("miners.difficulty_many", many()));
    if (answer) await run((row) => eachSession(row, (id) => api.put(`sessions/${part(id)}/difficulty`, answer)));
  };
  const disconnect = async () => {
    const sure = await confirm({ title: t("miners.disconnect_many", many()), says: t("miners.disconnect_says"), act: t("miners.disconnect"), danger: true });
    if (sure) await run((row) => eachSession(row, (id) => api.remove(`sessions/${part(id)}`)));
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
            h("button", { type: "button", class: "quiet act-last", onclick: () => (progress.peek() ? progress.set(null) : chosen.set(new Map())) }, () => t(progress() ? "miners.stop" : "miners.choose_none")),
          )
        : null,
  );
}
