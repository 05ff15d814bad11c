// Where I am signed in.
//
// Responsible for: the list, and signing out elsewhere. Not responsible for: signing out here (the menu).

import { complain, confirm, toast } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { badge } from "../../parts/status.js";
import { api, part } from "../../core/api.js";
import { each, h } from "../../core/dom.js";
import { ago, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";

// Browser and system out of a user agent, as far as it says; the whole of it is the title.
const BROWSERS = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"], ["curl/", "curl"]];
const SYSTEMS = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]];
const first = (table, agent) => table.find(([sign]) => agent.includes(sign))?.[1];
export const deviceOf = (agent) => [first(BROWSERS, agent), first(SYSTEMS, agent)].filter(Boolean).join(" · ") || agent.slice(0, 60) || t("core.unknown");

export function sessions(me, load) {
  const end = async (one) => {
    const sure = await confirm({ title: t("me.session_end"), says: t("me.session_end_says", { device: deviceOf(one.user_agent) }), act: t("me.session_end"), danger: true });
    if (!sure) return;
    await api.remove(`me/sessions/${part(one.id)}`);
    toast(t("me.session_ended"));
    await load();
  };
  return h(
    "section",
    { class: "card" },
    h("header", {}, icon("account"), h("h2", {}, () => t("me.sessions"))),
    h("ul", { class: "plain-list" }, each(() => me().sessions, (one) => one.id, (one) =>
      h(
        "li",
        { class: "line" },
        h(
          "div",
          {},
          h("strong", { title: () => one().user_agent }, () => deviceOf(one().user_agent)),
          " ",
          () => (one().current ? badge("ok", t("me.this_one")) : null),
          h("p", { class: "soft" }, () => one().address, " · ", h("span", { title: () => time(one().last_seen_ms) }, () => t("me.seen", { when: ago(one().last_seen_ms) })), " · ", () => t("me.ends", { when: time(one().expires_ms, { dateStyle: "medium" }) })),
        ),
        () => (one().current ? null : h("button", { type: "button", onclick: () => end(one.peek()).catch(complain) }, t("me.session_end"))),
      ),
    )),
  );
}
