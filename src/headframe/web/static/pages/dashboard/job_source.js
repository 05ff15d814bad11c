// Whose job is shown.
//
// Responsible for: buttons for the sources that have work, where there are several; asking for the job of the chosen one;
// why there is none.
// Not responsible for: what is shown of a job (dashboard/job.js, blocks/template.js); which one is shown at first: the
// server prefers our own node.

import { api, query } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { overview } from "../../core/live.js";
import { signal } from "../../core/signals.js";
import { sourceColor } from "../../parts/chart-colors.js";

const working = () => (overview()?.sources ?? []).filter((source) => source.up).map((source) => source.name);

/** No source but pools, as far as is known: then there are no blocks of our own to expect. */
export const poolsOnly = () => Boolean(overview()?.sources.length) && overview().sources.every((source) => source.kind === "pool");

/** Nobody mines, whatever for. */
export const nobodyMines = () => Boolean(overview()?.sources.length) && overview().sources.every((source) => source.sessions === 0);

/** Why there is no job: a pool may give work only once there is a miner for it. */
export const noJob = () => (working().length ? t("dashboard.job_waits") : t("dashboard.job_none"));

/** The job as a signal (undefined: not asked yet; null: there is none), how to ask anew, and the buttons. */
export function jobOfSource(failed, done = () => {}) {
  const job = signal(undefined);
  const chosen = signal("");
  const ask = () => {
    if (chosen.peek() && !overview.peek()?.sources.some((source) => source.name === chosen.peek())) chosen.set("");
    const wanted = chosen.peek();
    return api.get(wanted ? query("jobs/current", { source: wanted }) : "jobs/current").then(
      (found) => {
        if (wanted === chosen.peek()) job.set(found);
        done();
      },
      failed,
    );
  };
  const choose = (name) => {
    chosen.set(name);
    ask();
  };
  const tab = (name) =>
    h(
      "button",
      { type: "button", class: "chip", "aria-pressed": () => String((chosen() || job()?.source) === name), onclick: () => choose(name) },
      h("span", { class: "source-dot", style: { "--dot": sourceColor(name) } }),
      h("bdi", {}, name),
    );
  const tabs = show(
    () => working().join("\n"),
    (names) => (names.includes("\n") ? h("div", { class: "tabs ranges job-tabs", role: "group", "aria-label": () => t("dashboard.job_of") }, names.split("\n").map(tab)) : null),
  );
  return { job, ask, tabs };
}
