// Step 3: your own node.
//
// Responsible for: taking a node that was found by its cookie file, or one that is entered, or none; testing it live.
// Not responsible for: the test itself (the server).

import { choice, field, password, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { computed, signal } from "../../core/signals.js";
import { answers, hasNode, nodeTested, nodeValues } from "./answers.js";
import { choices, stepForm } from "./frame.js";
import { testReport } from "./report.js";

const { node } = answers;

/** Ask the server to try it; keeps what it says with what was tried. */
async function test() {
  const values = nodeValues();
  node.tested.set({ values, report: await api.post("setup/check-node", { values }) });
}

export function nodeStep() {
  const testing = signal(false);
  if (node.found.peek() === null) look();
  const send = async () => {
    if (node.choice.peek() === "") throw refusal(t("setup.node_choose"));
    if (!hasNode()) return true;
    if (nodeTested.peek()) return true; // tested as it is: going on is what was meant, also after a failure
    testing.set(true);
    try {
      await test();
    } finally {
      testing.set(false);
    }
    return node.tested.peek().report.ok;
  };
  return [
    h("p", {}, () => t("setup.node_why")),
    stepForm("node", {
      send,
      act: () => (!hasNode() || nodeTested()?.ok ? t("setup.next") : nodeTested() ? t("setup.anyway") : t("setup.test_and_next")),
      body: () => [
        show(node.found, (found) => (found === null ? h("p", { class: "gate-wait", role: "status" }, icon("wait"), t("setup.node_looking")) : offer(found))),
        show(
          computed(() => node.choice() === "own"),
          (own) => (own ? entered() : null),
        ),
        show(hasNode, (some) => (some ? extras() : null)),
        () => (testing() ? h("p", { class: "gate-wait", role: "status" }, icon("wait"), t("setup.testing")) : nodeTested() ? testReport(nodeTested()) : null),
      ],
    }),
  ];
}

const refusal = (text, remedy = "") => Object.assign(new Error(text), { status: 422, remedy, problems: [] });

async function look() {
  try {
    node.found.set(await api.get("setup/nodes"));
  } catch {
    node.found.set([]); // then it is entered by hand
  }
  const fitting = node.found.peek().find((each) => each.network === answers.network.peek());
  if (node.choice.peek() === "" && fitting) node.choice.set(fitting.cookie_file);
}

function offer(found) {
  const here = found.filter((each) => each.network === answers.network.peek());
  return [
    found.length && !here.length ? h("p", { class: "soft" }, t("setup.node_other_network", { networks: [...new Set(found.map((each) => each.network))].join(", ") })) : null,
    found.length ? null : h("p", { class: "soft" }, t("setup.node_none_found")),
    choices(t("setup.step_node"), node.choice, [
      ...here.map((each) => [each.cookie_file, t("setup.node_found", { rpc: each.rpc }), t("setup.node_found_by"), h("code", {}, each.cookie_file)]),
      ["own", t("setup.node_own"), t("setup.node_own_why")],
      ["none", t("setup.node_none"), t("setup.node_none_why")],
    ]),
  ];
}

const entered = () => [
  field({
    label: () => t("setup.node_rpc"),
    help: () => t("setup.node_rpc_help"),
    control: text(node.rpc, { placeholder: "http://127.0.0.1:8332", inputmode: "url", spellcheck: "false" }),
  }),
  field({
    label: () => t("setup.node_auth"),
    control: choice(node.auth, [
      ["cookie", t("setup.node_auth_cookie")],
      ["password", t("setup.node_auth_password")],
    ]),
  }),
  show(node.auth, (how) =>
    how === "cookie"
      ? field({
          label: () => t("setup.node_cookie"),
          help: () => t("setup.node_cookie_help"),
          control: text(node.cookie, { placeholder: "~/.bitcoin/.cookie", spellcheck: "false" }),
        })
      : [
          field({ label: () => t("setup.node_user"), control: text(node.user, { autocomplete: "off", spellcheck: "false" }) }),
          field({ label: () => t("setup.node_password"), control: password(node.password, { autocomplete: "off" }) }),
        ],
  ),
];

const extras = () =>
  h(
    "details",
    {},
    h("summary", {}, () => t("setup.more")),
    h(
      "div",
      { class: "form" },
      field({ label: () => t("setup.source_name"), help: () => t("setup.source_name_help"), control: text(node.name, { maxlength: 32 }) }),
      field({
        label: () => t("setup.node_zmq"),
        help: () => t("setup.node_zmq_help"),
        control: text(node.zmq, { placeholder: "tcp://127.0.0.1:28332", spellcheck: "false" }),
      }),
    ),
  );
