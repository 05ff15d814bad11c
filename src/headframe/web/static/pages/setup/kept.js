// What was entered, over a loading of the page anew.
//
// Responsible for: keeping the answers in this tab until the configuration is written, and taking them up again. Secrets
// are not kept: who entered a password enters it once more.
// Not responsible for: what the answers mean (pages/setup/answers.js).

import { effect } from "../../core/signals.js";
import { answers, done, STEPS } from "./answers.js";

const KEY = "headframe.setup";
const PLAIN = {
  node: ["choice", "name", "rpc", "auth", "cookie", "user", "zmq", "weight"],
  payout: ["mode", "address"],
  ports: ["stratum", "stratumPort", "web", "webPort"],
};

let taken = false;

/** Take up what this tab has kept, once, and keep from now on what is entered while the page is shown. */
export function keepAnswers() {
  if (!taken) takeUp();
  taken = true;
  effect(() => (done() ? forgetAnswers() : store(plainly())));
}

/** There is nothing to go on with: another server, or nobody began. */
export function forgetAnswers() {
  answers.reached = 0;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // no storage, nothing kept
  }
}

/** How far it went is no signal; whoever moves it says so. */
export const keepPosition = () => (done.peek() ? null : store(plainly()));

function plainly() {
  const { node, network, pools } = answers;
  const parts = Object.entries(PLAIN).map(([part, names]) => [part, Object.fromEntries(names.map((name) => [name, answers[part][name]()]))]);
  const tested = node.tested();
  return {
    reached: answers.reached,
    network: network(),
    tested: tested?.values.password ? null : tested,
    secret: node.auth() === "password" && node.password() !== "",
    pools: pools().map(withoutSecret),
    ...Object.fromEntries(parts),
  };
}

function withoutSecret({ values: { password, ...values }, report, lost = false }) {
  return password || lost ? { values, report: null, lost: true } : { values, report };
}

function store(kept) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // it holds until the page is left
  }
}

function takeUp() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    // no storage, or not ours
  }
  if (!kept) return;
  for (const [part, names] of Object.entries(PLAIN)) for (const name of names) answers[part][name].set(kept[part][name]);
  answers.network.set(kept.network);
  answers.node.tested.set(kept.tested);
  answers.pools.set(kept.pools);
  const lost = kept.secret ? "node" : kept.pools.some((pool) => pool.lost) ? "pools" : "finish";
  answers.reached = Math.min(kept.reached, STEPS.indexOf(lost));
}
