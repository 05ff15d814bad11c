// A miner's connections.
//
// Responsible for: how each is, and acts on it: disconnect, ban, listening to it.
// Not responsible for: what was said on it (pages/miner/wire.js).

import { api, part } from "../../core/api.js";
import { each, h, show } from "../../core/dom.js";
import { ago, count, difficulty, duration, serverNow } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";
import { can } from "../../core/session.js";
import { signal } from "../../core/signals.js";
import { complain, confirm, toast } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { askBan } from "../miners/acts.js";
import { wire } from "./wire.js";

const kindWord = (kind) => (has(`miners.kind.${kind}`) ? t(`miners.kind.${kind}`) : kind);

async function ban(address) {
  const answer = await askBan(t("miners.ban_address"), t("miners.ban_says", { address }));
  if (!answer) return;
  await api.post("bans", { address, ...answer });
  toast(t("miners.banned", { address }));
}

function acts(session, again, listening) {
  const id = () => part(session.peek().session_id);
  const disconnect = async () => {
    if (!(await confirm({ title: t("miners.disconnect_one"), says: t("miners.disconnect_says"), act: t("miners.disconnect"), danger: true }))) return;
    await api.remove(`sessions/${id()}`);
    toast(t("miners.disconnected"));
    again();
  };
  const button = (name, word, act) => h("button", { type: "button", onclick: () => Promise.resolve(act()).catch(complain) }, icon(name, { size: 16 }), () => t(word));
  return h(
    "div",
    { class: "actions" },
    show(
      () => can("miners"),
      (may) => (may ? button("close", "miners.disconnect", disconnect) : null),
    ),
    show(
      () => can("miners") && Boolean(session().peer),
      (may) => (may ? button("lock", "miners.ban", () => ban(session.peek().peer).then(again)) : null),
    ),
    show(
      () => can("view.private"),
      (may) =>
        may
          ? h(
              "button",
              { type: "button", "aria-expanded": () => String(listening()), onclick: () => listening.set(!listening.peek()) },
              icon("logs", { size: 16 }),
              () => t(listening() ? "miners.hide_log" : "miners.show_log"),
            )
          : null,
    ),
  );
}

function card(session, again) {
  const listening = signal(false);
  const row = (word, value) => [h("dt", {}, () => t(word)), h("dd", {}, value)];
  const lastShare = () => (session().last_share_age_s === null ? t("miners.not_known_yet") : ago(serverNow() - session().last_share_age_s * 1000));
  return h(
    "article",
    { class: "session" },
    h(
      "dl",
      { class: "fact-list fact-list-wide" },
      row("miners.connection", () => [session().protocol, session().transport_kind].filter(Boolean).map(kindWord).join(" · ")),
      show(() => session().peer, (peer) => (peer ? row("miners.address", h("code", {}, peer)) : null)),
      row("miners.connected", () => duration(session().connected_s)),
      row("miners.source", () => session().source || t("core.unknown")),
      row("miners.difficulty", () => {
        const { fixed } = session();
        const value = difficulty(session().difficulty);
        return fixed === undefined ? value : t(fixed ? "miners.difficulty_now_fixed" : "miners.difficulty_now_automatic", { value });
      }),
      row("miners.accepted_rejected", () => `${count(session().accepted)} / ${count(session().rejected)}`),
      row("miners.col_last", lastShare),
      row("miners.client", h("bdi", {}, () => session().user_agent || t("core.unknown"))),
    ),
    acts(session, again, listening),
    show(listening, (open) => (open ? wire(session.peek().session_id) : null)),
  );
}

export const sessionsCard = (detail, again) =>
  h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("miners.sessions"))),
    each(() => detail().sessions, (one) => one.session_id, (one) => card(one, again)),
    show(() => detail().sessions.length === 0, (none) => (none ? h("p", { class: "soft" }, () => t("miners.no_sessions")) : null)),
  );
