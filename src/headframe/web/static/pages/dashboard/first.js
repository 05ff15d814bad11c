// What is known now, without waiting for the next second.
//
// Responsible for: asking once for what the event stream will say about a second later.
// Not responsible for: keeping it up to date (core/live.js).

import { complain } from "../../parts/dialog.js";
import { api } from "../../core/api.js";
import * as live from "../../core/live.js";

// What the stream has said meanwhile is newer and stays.
async function fetchFirst(path, signals) {
  if (Object.values(signals).every((signal) => signal.peek() !== null)) return;
  try {
    const now = await api.get(path);
    for (const [name, signal] of Object.entries(signals)) {
      if (signal.peek() === null) signal.set(name === "" ? now : now[name]);
    }
  } catch (error) {
    complain(error);
  }
}

export const firstLook = () => fetchFirst("overview", { overview: live.overview, dashboard: live.dashboard });
export const firstShaft = () => fetchFirst("shaft", { "": live.shaft });
