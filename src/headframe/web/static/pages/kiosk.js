// The wall: one thing at a time, readable from three metres.
//
// Responsible for: turning from screen to screen (?every=30&pages=hashrate,shaft,best,blocks), keys and buttons, keeping
// the display awake and free of burn-in, saying quietly that a block was found.
// Not responsible for: the screens (pages/kiosk/screens.js).

import { h, show } from "../core/dom.js";
import { count, time } from "../core/format.js";
import { t } from "../core/i18n.js";
import { connection, on, overview } from "../core/live.js";
import { go } from "../core/router.js";
import { every, onEnd, signal } from "../core/signals.js";
import { icon } from "../parts/icon.js";
import { firstShaft } from "./dashboard/first.js";
import { awake, drift, resting } from "./kiosk/display.js";
import { SCREENS } from "./kiosk/screens.js";

export const title = () => t("core.nav_kiosk");

const [LEAST_S, MOST_S, USUAL_S] = [5, 3600, 20];
const PARTY_S = 60;

export function page(_, search) {
  firstShaft();
  const asked = (search.get("pages") ?? "").split(",").filter((name) => name in SCREENS);
  const names = asked.length ? asked : Object.keys(SCREENS);
  const given = Number(search.get("every"));
  const seconds = given > 0 ? Math.min(MOST_S, Math.max(LEAST_S, given)) : USUAL_S;
  const at = signal(0);
  const paused = signal(false);
  let turnedAt = Date.now();
  const turn = (by) => {
    turnedAt = Date.now();
    at.set((at.peek() + by + names.length) % names.length);
  };
  every(1, () => !paused.peek() && Date.now() - turnedAt >= seconds * 1000 && turn(1), { later: true });

  const found = blocksFound(() => {
    if (!names.includes("blocks")) return;
    turnedAt = Date.now();
    at.set(names.indexOf("blocks"));
  });
  const full = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.())?.catch(() => {});
  const leave = () => {
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    go("/");
  };
  const acts = { ArrowRight: () => turn(1), ArrowLeft: () => turn(-1), " ": () => paused.set(!paused.peek()), Escape: leave, f: full };
  const key = (event) => {
    if (!(event.key in acts) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.closest?.("button, a")) return; // a button's own key
    event.preventDefault();
    acts[event.key]();
  };
  addEventListener("keydown", key);
  onEnd(() => removeEventListener("keydown", key));
  awake();
  const quiet = resting();
  const button = (name, word, act) => h("button", { type: "button", class: "quiet", "aria-label": word, title: word, onclick: act }, () => icon(typeof name === "function" ? name() : name, { size: 28 }));

  return h(
    "div",
    { class: () => ["kiosk", quiet() && "kiosk-quiet", found() && "kiosk-party"], style: drift() },
    h(
      "header",
      { class: "kiosk-head" },
      h("img", { src: "/static/icon.svg", alt: "", class: "kiosk-mark" }),
      h("h1", {}, () => t(`dashboard.kiosk_${names[at()]}`)),
      () => (overview()?.attention.length ? h("span", { class: "kiosk-attention" }, icon("warn", { size: 28 }), t("core.attention", { count: overview().attention.length })) : null),
      () => (connection() === "lost" ? h("span", { class: "kiosk-attention", role: "alert" }, icon("warn", { size: 28 }), t("core.unreachable")) : null),
      h("span", { class: "kiosk-clock number" }, hours()),
    ),
    () => (found() ? h("p", { class: "kiosk-found", role: "status" }, icon("blocks", { size: 40 }), t("dashboard.kiosk_found", { height: count(found().height), who: found().who })) : null),
    show(at, (now) => h("div", { class: "kiosk-screen" }, SCREENS[names[now]]())),
    h(
      "footer",
      { class: "kiosk-foot" },
      h("div", { class: "kiosk-dots", "aria-hidden": "true" }, names.map((_name, place) => h("span", { class: () => (at() === place ? "kiosk-here" : "") }))),
      h(
        "div",
        { class: "kiosk-acts" },
        button("left", t("dashboard.kiosk_before"), () => turn(-1)),
        button(() => (paused() ? "play" : "pause"), t("dashboard.kiosk_pause"), () => paused.set(!paused.peek())),
        button("right", t("dashboard.kiosk_next"), () => turn(1)),
        button("fullscreen", t("dashboard.kiosk_full"), full),
        button("close", t("dashboard.kiosk_leave"), leave),
      ),
    ),
  );
}

/** The block that was found in the last minute, or null. */
function blocksFound(began) {
  const found = signal(null);
  let timer = null;
  on("block", (event) => {
    if (event.name !== "block_found") return;
    found.set({ height: event.fields.height ?? null, who: event.fields.alias || event.fields.worker || t("dashboard.somebody") });
    began();
    clearTimeout(timer);
    timer = setTimeout(() => found.set(null), PARTY_S * 1000);
  });
  onEnd(() => clearTimeout(timer));
  return found;
}

function hours() {
  const now = signal(Date.now());
  every(5, () => now.set(Date.now()));
  return () => time(now(), { timeStyle: "short" });
}
