// What a display that is never off needs.
//
// Responsible for: keeping it awake, moving what stands still so that nothing burns in, hiding the pointer.
// Not responsible for: what is shown.

import { every, onEnd, signal } from "../../core/signals.js";

const MOVE_S = 30;
const REACH_VW = 0.4; // of the width: far enough for letters of that size, too little to look crooked
const REST_MS = 4000;

/** A wake lock while the page is seen, where the browser has one; it is lost with each hiding and asked for again. */
export function awake() {
  let lock = null;
  let ended = false;
  const ask = async () => {
    if (!navigator.wakeLock || document.visibilityState !== "visible" || (lock && !lock.released)) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (ended) lock.release();
    } catch {
      // refused (battery saver): the display does as it is set
    }
  };
  ask();
  document.addEventListener("visibilitychange", ask);
  onEnd(() => {
    ended = true;
    document.removeEventListener("visibilitychange", ask);
    lock?.release().catch(() => {});
  });
}

/** A style that moves slowly around by a little: two periods that never meet, so that no place is kept. */
export function drift() {
  const step = signal(0);
  every(MOVE_S, () => step.set(step.peek() + 1));
  return () => ({ "--drift-x": `${(Math.sin(step() * 0.71) * REACH_VW).toFixed(2)}vw`, "--drift-y": `${(Math.cos(step() * 0.43) * REACH_VW).toFixed(2)}vw` });
}

/** Whether nobody has touched anything for some seconds. */
export function resting() {
  const quiet = signal(false);
  let timer = null;
  const touched = () => {
    quiet.set(false);
    clearTimeout(timer);
    timer = setTimeout(() => quiet.set(true), REST_MS);
  };
  const kinds = ["pointermove", "pointerdown", "keydown", "focusin"];
  for (const kind of kinds) addEventListener(kind, touched);
  touched();
  onEnd(() => {
    for (const kind of kinds) removeEventListener(kind, touched);
    clearTimeout(timer);
  });
  return quiet;
}
