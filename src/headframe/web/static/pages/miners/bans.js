// Addresses that may not connect.
//
// Responsible for: the list of bans, whoever ordered them, and lifting one.
// Not responsible for: banning (pages/miners/acts.js, pages/miner/sessions.js).

import { api, part } from "../../core/api.js";
import { each, h, show } from "../../core/dom.js";
import { count, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { can } from "../../core/session.js";
import { every, signal } from "../../core/signals.js";
import { complain, toast } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";

const EVERY_S = 15;

/** `view` shows nothing while nobody is banned; `ask` is for whoever has just banned somebody. */
export function bans() {
  const list = signal([]);
  const ask = () => can("view.private") && api.get("bans").then((found) => list.set(found), () => {});
  const lift = async (ban) => {
    await api.remove(`bans/${part(ban.address)}`);
    toast(t("miners.unbanned", { address: ban.address }));
    ask();
  };
  every(EVERY_S, ask);
  const view = show(
    () => list().length > 0,
    (some) =>
      some
        ? h(
            "details",
            { class: "card bans" },
            h("summary", {}, icon("lock", { size: 16 }), () => t("miners.bans", { count: list().length, number: count(list().length) })),
            h(
              "ul",
              { class: "plain-list" },
              each(list, (one) => one.address, (one) =>
                h(
                  "li",
                  {},
                  h("code", {}, () => one().address),
                  h("span", { class: "soft" }, () => `${t("miners.ban_until", { when: time(one().until_ms) })} · ${t(`miners.ban_reason.${one().reason}`)}`),
                  show(
                    () => can("miners"),
                    (may) => (may ? h("button", { type: "button", onclick: () => lift(one.peek()).catch(complain) }, () => t("miners.unban")) : null),
                  ),
                ),
              ),
            ),
          )
        : null,
  );
  return { view, ask };
}
