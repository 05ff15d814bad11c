// The last step: look over, write, connect a miner.
//
// Responsible for: the summary, writing the configuration, waiting until the server runs by it, what to type into a miner.
// Not responsible for: the words of the connect page (pages/connect/guide.js).

import { badge } from "../../parts/status.js";
import { icon } from "../../parts/icon.js";
import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { said } from "../../core/said.js";
import { refresh } from "../../core/session.js";
import { every, signal } from "../../core/signals.js";
import { guide } from "../connect/guide.js";
import { answers, configuration, done, hasNode, nodeTested, stratumListen, view, webListen } from "./answers.js";
import { leaveTo, stepForm } from "./frame.js";

export function finishStep() {
  return show(done, (connect) => (connect ? finished(connect) : review()));
}

function review() {
  const problems = signal([]);
  const send = async () => {
    problems.set([]);
    try {
      done.set(await api.post("setup/finish", { values: configuration() }));
    } catch (error) {
      problems.set(error.problems ?? []);
      throw error;
    }
    return false;
  };
  return [
    h("p", {}, () => t("setup.finish_why", { file: view()?.defaults?.file ?? "" })),
    stepForm("finish", {
      send,
      act: () => t("setup.finish_act"),
      body: () => [
        h("dl", { class: "set-facts" }, facts().map(([step, ...words]) => [h("dt", {}, t(`setup.step_${step}`)), h("dd", {}, h("div", {}, words), edit(step))])),
        () => (problems().length ? h("ul", { class: "setup-problems" }, problems().map(problemRow)) : null),
      ],
    }),
  ];
}

const edit = (step) => h("button", { type: "button", class: "quiet", onclick: () => leaveTo(step), "aria-label": `${t("setup.change")}: ${t(`setup.step_${step}`)}` }, icon("edit", { size: 16 }));

function facts() {
  const { payout, pools, node } = answers;
  const tested = nodeTested();
  const nodeWords = hasNode()
    ? [h("strong", {}, node.name()), " ", badge(tested?.ok ? "ok" : "warn", t(tested?.ok ? "setup.test_passed_short" : "setup.test_open"))]
    : [t("setup.node_none")];
  const payoutWords = !hasNode() ? [t("setup.payout_by_pools")] : payout.mode() === "miner" ? [t("setup.payout_miner")] : [h("code", {}, payout.address().trim())];
  const poolWords = pools().length
    ? pools().map((pool) => h("p", {}, h("strong", {}, pool.values.name), " ", badge(pool.report?.ok ? "ok" : "warn", t(pool.report?.ok ? "setup.test_passed_short" : "setup.test_open"))))
    : [t("setup.none")];
  const reach = (value) => t(value === "all" ? "setup.reach_all" : "setup.reach_here");
  return [
    ["network", answers.network()],
    ["node", ...nodeWords],
    ["payout", ...payoutWords],
    ["pools", ...poolWords],
    [
      "ports",
      h("p", {}, t("setup.ports_stratum"), ": ", h("code", {}, stratumListen()), " ", h("span", { class: "soft" }, reach(answers.ports.stratum()))),
      h("p", {}, t("setup.ports_web"), ": ", h("code", {}, webListen()), " ", h("span", { class: "soft" }, reach(answers.ports.web()))),
    ],
  ];
}

// A problem leads to the step that asked for it.
function stepOf(path) {
  if (/^payout/.test(path)) return "payout";
  if (/^(stratum|web)/.test(path)) return "ports";
  return hasNode() && path.includes(answers.node.name.peek()) ? "node" : "pools";
}

const problemRow = (problem) =>
  h(
    "li",
    {},
    icon("warn"),
    h("div", {}, h("strong", {}, t(`setup.step_${stepOf(problem.path)}`)), h("p", {}, said(problem.text)), problem.remedy ? h("p", { class: "soft" }, said(problem.remedy)) : null),
    h("button", { type: "button", onclick: () => leaveTo(stepOf(problem.path)) }, t("setup.go_there")),
  );

// The server begins anew by the file it wrote. As soon as it answers, pictures can be asked for.
function finished(connect) {
  const up = signal(false);
  const known = signal(connect);
  const look = () => {
    if (up.peek()) return;
    api
      .get("version")
      .then(() => api.get("setup"))
      .then((now) => (now.stage === "done" ? api.get("connect") : null))
      .then((found) => {
        if (!found) return;
        known.set(found); // with the certificate, which is made when the port opens
        up.set(true);
      })
      .catch(() => {}); // not yet
  };
  setTimeout(look, 1500);
  every(2, look, { later: true });
  const leave = () => refresh().then(() => go("/", { replace: true }));
  return [
    h("p", { role: "status", class: "gate-wait" }, () => (up() ? [icon("ok"), t("setup.running")] : [icon("wait"), t("setup.starting")])),
    moved(),
    show(
      () => (up() ? known() : null),
      (found) => guide(found ?? connect, { pictures: found !== null }),
    ),
    h("div", { class: "actions setup-end" }, h("button", { type: "button", class: "primary", disabled: () => !up(), onclick: leave }, () => t("setup.to_dashboard"), icon("right", { size: 16 }))),
  ];
}

// On another port this page hears nothing any more; the cookie goes along, it knows no ports.
function moved() {
  const port = answers.ports.webPort.peek().trim();
  if (port === (location.port || (location.protocol === "https:" ? "443" : "80"))) return null;
  const there = `${location.protocol}//${location.hostname}:${port}/`;
  return h("p", { class: "note" }, () => t("setup.moved"), " ", h("a", { href: there }, there));
}
