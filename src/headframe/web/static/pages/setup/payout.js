// Step 4: who is paid when our own node finds a block.
//
// Responsible for: operator or miner mode, the address, checked while it is typed.
// Not responsible for: what an address is (the server), fees and the tag (the settings page).

import { badge } from "../../parts/status.js";
import { field, text } from "../../parts/form.js";
import { trouble } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { saidBoth } from "../../core/said.js";
import { computed, effect, onEnd, signal } from "../../core/signals.js";
import { answers, hasNode } from "./answers.js";
import { choices, stepForm } from "./frame.js";

const { payout } = answers;
const PAUSE_MS = 350;

const check = (address) => api.post("setup/check-address", { network: answers.network.peek(), address });

export function payoutStep() {
  if (!hasNode()) {
    return [h("p", {}, () => t("setup.payout_pools_only")), stepForm("payout", { body: () => null })];
  }
  const found = signal(null);
  const typed = () => payout.address().trim();
  let timer = null;
  effect(() => {
    const address = typed();
    clearTimeout(timer);
    found.set(null);
    if (!address) return;
    timer = setTimeout(() => {
      check(address)
        .then((says) => typed() === address && found.set(says))
        .catch((error) => found.set({ ok: false, kind: "", ...trouble(error) }));
    }, PAUSE_MS);
  });
  onEnd(() => clearTimeout(timer));
  const wrong = () => (found() && !found().ok ? saidBoth(found()) : "");
  const send = async () => {
    if (payout.mode.peek() === "miner") return true;
    const says = await check(payout.address.peek().trim());
    clearTimeout(timer);
    found.set(says);
    return says.ok; // what is wrong stands at the field
  };
  return [
    h("p", {}, () => t("setup.payout_why")),
    stepForm("payout", {
      send,
      body: () => [
        choices(t("setup.step_payout"), payout.mode, [
          ["operator", t("setup.payout_operator"), t("setup.payout_operator_why")],
          ["miner", t("setup.payout_miner"), t("setup.payout_miner_why")],
        ]),
        show(
          computed(() => payout.mode() === "operator"),
          (mine) =>
            mine
              ? [
                  field({
                    label: () => t("setup.payout_address"),
                    help: () => t("setup.payout_address_help"),
                    wide: true,
                    control: text(payout.address, { autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 128, class: "mono" }),
                    problem: wrong,
                  }),
                  h("p", { role: "status" }, () =>
                    found()?.ok ? [badge("ok", t("setup.address_good"), { title: found().kind }), " ", t("setup.payout_good", { network: answers.network() })] : typed() && !found() ? [icon("wait", { size: 14 }), " ", t("setup.checking")] : null,
                  ),
                ]
              : h("p", { class: "note" }, () => t("setup.payout_miner_note")),
        ),
      ],
    }),
  ];
}
