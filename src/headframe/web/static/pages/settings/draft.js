// The settings as they are, and what was changed here but not saved.
//
// Responsible for: loading, keeping a draft by path, checking and saving it, which problem belongs to which setting.
// Not responsible for: showing (pages/settings/*).

import { api } from "../../core/api.js";
import { saidBoth } from "../../core/said.js";
import { session } from "../../core/session.js";
import { computed, signal } from "../../core/signals.js";

/** The server's SettingsView; null until loaded. */
export const view = signal(null);
/** path -> value; null takes the setting out of the file, so that its default holds. */
export const draft = signal(new Map());
/** Of the last check or save that was refused. */
export const problems = signal([]);
/** {kind: checked | saved, result} or {kind: refused, error}; null before. */
export const outcome = signal(null);

export const dirty = computed(() => draft().size > 0);

let owner = null;
const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

export async function load() {
  const now = session.peek()?.name ?? "";
  if (owner !== now) forget(); // somebody else signed in: their draft is not ours
  owner = now;
  view.set(await api.get("settings"));
  const paths = new Map(view.peek().settings.map((each) => [each.path, each]));
  const kept = [...draft.peek()].filter(([path, value]) => paths.has(path) && !isAsBefore(paths.get(path), value));
  if (kept.length !== draft.peek().size) draft.set(new Map(kept));
}

export function forget() {
  draft.set(new Map());
  problems.set([]);
  outcome.set(null);
}

const isAsBefore = (setting, value) =>
  value === null ? setting.set_by !== "file" : setting.set_by !== "default" || !setting.secret ? same(value, setting.value) : false;

/** Set a value in the draft; one that is as it was is no change. */
export function change(setting, value) {
  const next = new Map(draft.peek());
  if (isAsBefore(setting, value)) next.delete(setting.path);
  else next.set(setting.path, value);
  draft.set(next);
  if (problems.peek().length) problems.set(problems.peek().filter((each) => !belongs(each.path, setting.path)));
}

export function undo(setting) {
  const next = new Map(draft.peek());
  next.delete(setting.path);
  draft.set(next);
}

/** The value as it would be. */
export function valueOf(setting) {
  const changed = draft();
  if (!changed.has(setting.path)) return setting.value;
  return changed.get(setting.path) ?? setting.default;
}

export const isChanged = (setting) => draft().has(setting.path);

// "source[1].rpc" of a problem is "source.ocean.rpc" of a setting; "payout.fee[0].address" belongs to "payout.fee".
function belongs(problem, path) {
  const named = problem.replace(/^source\[(\d+)\]/, (whole, at) => {
    const source = view.peek()?.sources[Number(at)];
    return source ? `source.${source.name}` : whole;
  });
  return named === path || named.startsWith(`${path}[`) || named.startsWith(`${path}.`);
}

export const problemOf = (setting) => {
  const found = problems().find((each) => belongs(each.path, setting.path));
  return found ? saidBoth(found) : "";
};

/** Problems that no setting on the page is the place of. */
export const homeless = () => problems().filter((each) => !view()?.settings.some((setting) => belongs(each.path, setting.path)));

/** Check, or save. */
export async function send(checkOnly) {
  const changes = [...draft.peek()].map(([path, value]) => ({ path, value }));
  problems.set([]);
  outcome.set(null);
  try {
    const result = await api.patch("settings", { changes, revision: view.peek().revision, check_only: checkOnly });
    outcome.set({ kind: checkOnly ? "checked" : "saved", result });
    if (!checkOnly) {
      draft.set(new Map());
      await load();
    }
  } catch (error) {
    problems.set(error.problems ?? []);
    outcome.set({ kind: "refused", error });
  }
}
