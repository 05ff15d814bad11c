// What was entered so far.
//
// Responsible for: holding every answer while steps are left and come back to, and making of them what the server takes.
// Not responsible for: asking (the steps), what outlives a loading of the page (pages/setup/kept.js).

import { computed, signal } from "../../core/signals.js";

export const STEPS = ["owner", "network", "node", "payout", "pools", "ports", "finish"];

/** What to type into a miner, once the configuration is written; null before. */
export const done = signal(null);

/** What the server says of setting up (networks, defaults); null until an owner asked. */
export const view = signal(null);

export const answers = {
  secret: "",
  reached: 0,
  account: { name: signal(""), password: signal(""), again: signal("") },
  network: signal("mainnet"),
  node: {
    /** The cookie file of a found one, "own" for one that is entered, "none", or "" before a choice. */
    choice: signal(""),
    found: signal(null),
    name: signal("home"),
    rpc: signal(""),
    auth: signal("cookie"),
    cookie: signal(""),
    user: signal(""),
    password: signal(""),
    zmq: signal(""),
    weight: signal(100),
    /** {values, report}: of the last test, and what was tested. */
    tested: signal(null),
  },
  payout: { mode: signal("operator"), address: signal(""), kind: signal(null) },
  /** [{values, report, lost}]: lost: its password was entered before the page was loaded anew. */
  pools: signal([]),
  ports: { stratum: signal("all"), stratumPort: signal("3333"), web: signal("here"), webPort: signal("8855") },
};

export const hasNode = () => !["", "none"].includes(answers.node.choice());

/** What was tested is what stands there now. */
export const nodeTested = computed(() => {
  const tested = answers.node.tested();
  return tested && hasNode() && JSON.stringify(tested.values) === JSON.stringify(nodeValues()) ? tested.report : null;
});

const orNull = (text) => text.trim() || null;

/** The node as one [[source]]. */
export function nodeValues() {
  const { node, network } = answers;
  const found = node.found()?.find((each) => each.cookie_file === node.choice());
  const base = { name: node.name().trim(), kind: "node", network: network(), zmq_hashblock: orNull(node.zmq()) ? [node.zmq().trim()] : null };
  if (found) return without({ ...base, rpc: [found.rpc], cookie_file: found.cookie_file });
  const byCookie = node.auth() === "cookie";
  return without({
    ...base,
    rpc: orNull(node.rpc()) ? [node.rpc().trim()] : null,
    cookie_file: byCookie ? orNull(node.cookie()) : null,
    user: byCookie ? null : orNull(node.user()),
    password: byCookie ? null : node.password() || null,
  });
}

export const without = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

const host = (reach) => (reach === "all" ? "0.0.0.0" : "127.0.0.1");
export const stratumListen = () => `${host(answers.ports.stratum())}:${answers.ports.stratumPort().trim()}`;
export const webListen = () => `${host(answers.ports.web())}:${answers.ports.webPort().trim()}`;

/** The first configuration: sections and keys as in the file. */
export function configuration() {
  const { node, payout, pools } = answers;
  const sources = pools().map((pool) => pool.values);
  if (hasNode()) sources.unshift({ ...nodeValues(), weight: node.weight() });
  return {
    stratum: { listen: [stratumListen()] },
    web: { listen: webListen() },
    payout: without({ mode: payout.mode(), address: payout.mode() === "operator" ? orNull(payout.address()) : null }),
    source: sources,
  };
}
