// Step 3: your own node.
//
// Responsible for: taking a node that was found by its cookie file, or one that is entered, or none; testing it live.
// Not responsible for: the test itself (the server).

import { choice, field, password, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { testing, testReport } from "../../parts/test_report.js";
import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { computed, signal } from "../../core/signals.js";
import { answers, hasNode, nodeTested, nodeValues } from "./answers.js";
import { after, choices, stepForm } from "./frame.js";

const { node } = answers;

const RPC_PORTS = { mainnet: 8332, testnet4: 48332, signet: 38332, regtest: 18443 };
const local = (network) => `http://127.0.0.1:${RPC_PORTS[network] ?? RPC_PORTS.mainnet}`;

/** Where a node of the chosen network usually is, unless something else was entered. */
function expectPort() {
  const stands = node.rpc.peek().trim();
  if (!stands || Object.keys(RPC_PORTS).some((network) => local(network) === stands)) node.rpc.set(local(answers.network.peek()));
}

/** Ask the server to try it; keeps what it says with what was tried. */
async function test() {
  const values = nodeValues();
  node.tested.set({ values, report: await api.post("setup/check-node", { values }) });
}

export function nodeStep() {
  const busy = signal(false);
  expectPort();
  if (node.found.peek() === null) look();
  const send = async () => {
    if (node.choice.peek() === "") throw refusal(t("setup.node_choose"));
    if (!hasNode()) return true;
    if (nodeTested.peek()?.ok) return true;
    busy.set(true);
    try {
      await test();
    } finally {
      busy.set(false);
    }
    return false; // what was found is to be seen first
  };
  return [
    h("p", {}, () => t("setup.node_why")),
    stepForm("node", {
      send,
      act: () => (!hasNode() || nodeTested()?.ok ? t("setup.next") : nodeTested() ? t("test.again") : t("test.act")),
      also: () => (nodeTested() && !nodeTested().ok ? h("button", { type: "button", class: "also", disabled: busy, onclick: () => after("node") }, t("setup.anyway")) : null),
      body: (problem) => [
        show(node.found, (found) => (found === null ? h("p", { class: "gate-wait", role: "status" }, icon("wait"), t("setup.node_looking")) : offer(found))),
        show(
          computed(() => node.choice() === "own"),
          (own) => (own ? entered(problem) : null),
        ),
        show(hasNode, (some) => (some ? extras(problem) : null)),
        show(
          computed(() => (busy() ? "busy" : nodeTested())),
          (now) => (now === "busy" ? testing("node") : now ? testReport(now) : null),
        ),
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

const entered = (problem) => [
  field({
    label: () => t("setup.node_rpc"),
    help: () => t("setup.node_rpc_help"),
    control: text(node.rpc, { placeholder: local(answers.network.peek()), inputmode: "url", spellcheck: "false" }),
    problem: problem("rpc"),
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
          problem: problem("cookie_file"),
        })
      : [
          field({ label: () => t("setup.node_user"), control: text(node.user, { autocomplete: "off", spellcheck: "false" }), problem: problem("user") }),
          field({ label: () => t("setup.node_password"), control: password(node.password, { autocomplete: "off" }), problem: problem("password") }),
        ],
  ),
];

const extras = (problem) =>
  h(
    "details",
    {},
    h("summary", {}, () => t("setup.more")),
    h(
      "div",
      { class: "form" },
      field({ label: () => t("setup.source_name"), help: () => t("setup.source_name_help"), control: text(node.name, { maxlength: 32 }), problem: problem("name") }),
      field({
        label: () => t("setup.node_zmq"),
        help: () => t("setup.node_zmq_help"),
        control: text(node.zmq, { placeholder: "tcp://127.0.0.1:28332", spellcheck: "false" }),
        problem: problem("zmq_hashblock"),
      }),
    ),
  );
