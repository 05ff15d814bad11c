// Many lines of a log, of which only those in view are drawn.
//
// Responsible for: staying smooth with thousands of lines, staying at the newest while nobody scrolls up, one line in full.
// Not responsible for: which lines (pages/logs.js).

import { dialog } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { add, each, h } from "../../core/dom.js";
import { time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { computed, effect, onEnd, signal } from "../../core/signals.js";

const ROW_PX = 30;
const SPARE = 12;
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
const LOOKS = { debug: "offline", info: "about", warning: "warn", error: "bad" };

const plain = (fields) => Object.entries(fields).map(([name, value]) => `${name}=${value}`).join("  ");

export function lines(entries, { frozen, empty }) {
  const top = signal(0);
  const height = signal(600);
  let following = true;
  const box = h("div", { class: "log-box", tabindex: "0", role: "region", "aria-label": () => t("logs.lines"), onscroll });
  function onscroll() {
    top.set(box.scrollTop);
    following = box.scrollTop + box.clientHeight >= box.scrollHeight - ROW_PX;
  }
  const from = computed(() => Math.max(0, Math.floor(top() / ROW_PX) - SPARE));
  const to = computed(() => Math.ceil((top() + height()) / ROW_PX) + SPARE);
  const visible = () => entries().slice(from(), to());
  const sizes = new ResizeObserver(() => height.set(box.clientHeight));
  sizes.observe(box);
  onEnd(() => sizes.disconnect());
  add(box, [
    h("div", { class: "log-space", ref: (space) => effect(() => space.style.setProperty("height", `${entries().length * ROW_PX}px`)) },
      h("ol", { class: "log-lines", ref: (list) => effect(() => list.style.setProperty("transform", `translateY(${from() * ROW_PX}px)`)) }, each(visible, (one) => one.id, row)),
    ),
    () => (entries().length ? null : h("p", { class: "soft log-empty" }, empty())),
  ]);
  // When the oldest lines go, what is read stays where it is.
  let before = [];
  effect(() => {
    const now = entries();
    const gone = now.length ? before.findIndex((one) => one.id === now[0].id) : 0;
    before = now;
    if (gone > 0 && !following) box.scrollTop -= gone * ROW_PX;
    if (following && !frozen()) requestAnimationFrame(() => (box.scrollTop = box.scrollHeight));
  });
  return box;
}

function row(held) {
  const one = held.peek(); // a line never changes
  return h(
    "li",
    { class: `log-row log-${one.level}` },
    h(
      "button",
      { type: "button", onclick: () => whole(one) },
      h("span", { class: "log-time" }, () => time(one.time_ms, CLOCK)),
      h("span", { class: "log-level" }, icon(LOOKS[one.level] ?? "about", { size: 14 }), h("span", {}, () => t(`logs.level_${one.level}`))),
      h("strong", {}, one.event),
      h("span", { class: "log-fields" }, plain(one.fields)),
    ),
  );
}

const whole = (one) =>
  dialog(
    one.event,
    () => [
      h("p", { class: "soft" }, `${time(one.time_ms)} · `, t(`logs.level_${one.level}`), " · ", h("code", {}, one.logger)),
      h("dl", { class: "set-facts" }, Object.entries(one.fields).map(([name, value]) => [h("dt", {}, h("code", {}, name)), h("dd", {}, h("div", {}, value === null ? t("core.unknown") : String(value)))])),
    ],
    { wide: true },
  );
