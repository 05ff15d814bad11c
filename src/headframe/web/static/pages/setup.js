// Setting up, from nothing to a miner's first share.
//
// Responsible for: which step is shown and who may go on: the printed link's secret makes the owner, then its owner goes on.
// Not responsible for: the steps (pages/setup/*), writing the file (the server).

import { complain } from "../parts/dialog.js";
import { icon } from "../parts/icon.js";
import { onFragment, takeFragment } from "../parts/link_secret.js";
import { api } from "../core/api.js";
import { h, show } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { refresh, session } from "../core/session.js";
import { signal } from "../core/signals.js";
import { passkeyEntry, signInForm } from "./login/form.js";
import { answers, STEPS, view } from "./setup/answers.js";
import { finishStep } from "./setup/finish.js";
import { frame, position } from "./setup/frame.js";
import { forgetAnswers, keepAnswers } from "./setup/kept.js";
import { networkStep } from "./setup/network.js";
import { nodeStep } from "./setup/node.js";
import { ownerStep } from "./setup/owner.js";
import { payoutStep } from "./setup/payout.js";
import { poolsStep } from "./setup/pools.js";
import { portsStep } from "./setup/ports.js";

const BODIES = {
  network: networkStep,
  node: nodeStep,
  payout: payoutStep,
  pools: poolsStep,
  ports: portsStep,
  finish: finishStep,
};

let shown = "owner";

export const title = () => `${t("setup.title")} · ${t(`setup.step_${shown}`)}`;

export function page(_, search) {
  keepAnswers();
  answers.secret ||= takeFragment();
  onFragment((text) => {
    answers.secret = text;
    go("/setup", { replace: true });
  });
  const stage = signal(view.peek() ? "settings" : null);
  api
    .get("setup")
    .then((now) => {
      if (now.networks.length) view.set(now);
      stage.set(now.stage);
    })
    .catch(complain);
  const asked = search.get("step");
  shown = asked in BODIES && STEPS.indexOf(asked) <= answers.reached ? asked : STEPS[Math.max(1, answers.reached)];
  return h("div", { class: "setup" }, show(stage, (now) => (now === null ? waiting() : now === "owner" ? first() : mine())));
}

const waiting = () => h("p", { class: "gate-wait", role: "status" }, icon("wait"), () => t("setup.looking"));

function first() {
  shown = "owner";
  forgetAnswers();
  if (answers.secret) return frame("owner", ownerStep());
  return alone(
    icon("key", { size: 40 }),
    h("h1", {}, () => t("setup.no_secret")),
    h("p", {}, () => t("setup.no_secret_where")),
    h("pre", { class: "setup-sample" }, "http://127.0.0.1:8855/setup#…"),
    h("p", { class: "soft" }, () => t("setup.no_secret_gone")),
  );
}

// There is an owner. Only who signed in as one goes on.
function mine() {
  const now = session.peek();
  if (!now.signed_in) {
    const done = async () => {
      await refresh();
      go("/setup", { replace: true });
    };
    return alone(h("h1", {}, () => t("setup.go_on")), h("p", {}, () => t("setup.go_on_why")), signInForm({ done }), passkeyEntry({ done }));
  }
  if (!now.permissions.includes("owners")) {
    return alone(icon("lock", { size: 40 }), h("h1", {}, () => t("setup.not_yours")), h("p", {}, () => t("setup.not_yours_remedy")));
  }
  position(shown);
  return show(view, (found) => (found ? frame(shown, BODIES[shown]()) : waiting()));
}

const alone = (...body) => h("section", { class: "card gate-card gate-alone" }, body);
