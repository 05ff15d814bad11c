// The shaft as it is now, without waiting for the next time that the stream says it.
//
// Responsible for: asking once.
// Not responsible for: keeping it up to date (core/live.js).

import { complain } from "../../parts/dialog.js";
import { api } from "../../core/api.js";
import { shaft } from "../../core/live.js";

/** What the stream has said meanwhile is newer and stays. */
export function firstShaft() {
  if (shaft.peek() !== null) return;
  api.get("shaft").then((now) => shaft.peek() === null && shaft.set(now), complain);
}
