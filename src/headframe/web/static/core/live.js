// What the server says by itself.
//
// Responsible for: the one event stream of this page, the newest overview, dashboard and shaft as signals, whether the
// connection stands.
// Not responsible for: asking (core/api.js).

import { api } from "./api.js";
import { signal, onEnd } from "./signals.js";

/** null until the first tick. */
export const overview = signal(null);
export const dashboard = signal(null);
export const shaft = signal(null);
/** connecting, live, lost or off. */
export const connection = signal("off");
/** Server time minus ours in milliseconds, so that ages are right on a phone with a wrong clock. */
export const clockSkew = signal(0);

const KINDS = ["session", "move", "source", "job", "block", "alert", "command", "log"];
const listeners = new Map(KINDS.map((kind) => [kind, new Set()]));
const SILENT_MS = 20_000;

let stream = null;
let heardAt = 0;
let watchdog = null;

function heard() {
  heardAt = Date.now();
  connection.set("live");
}

function listen(name, act) {
  stream.addEventListener(name, (event) => {
    heard();
    act(event.data ? JSON.parse(event.data) : null, event);
  });
}

function take(tick) {
  clockSkew.set(tick.overview.now_ms - Date.now());
  overview.set(tick.overview);
  dashboard.set(tick.dashboard);
}

// The first tick is up to a second away: ask for the same now. What the stream has said meanwhile is newer and stays.
function askFirst(mine) {
  const late = () => stream !== mine || overview.peek() !== null;
  api.get("overview").then(
    (now) => late() || take(now),
    () => {}, // the stream goes on, and says so when it does not
  );
}

/** Begin to listen, or anew after the rights changed. */
export function connect() {
  disconnect();
  connection.set("connecting");
  stream = new EventSource("/api/v1/events");
  heardAt = Date.now();
  stream.onopen = heard;
  stream.onerror = () => connection.set("lost");
  listen("tick", take);
  listen("shaft", (now) => shaft.set(now));
  listen("reset", () => tell("reset", null));
  for (const kind of KINDS) listen(kind, (one) => tell(kind, one));
  askFirst(stream);
  watchdog = setInterval(() => {
    if (Date.now() - heardAt < SILENT_MS) return;
    connection.set("lost");
    // Browsers give up after some refusals; a server that was restarted is worth another try.
    if (stream.readyState === EventSource.CLOSED || Date.now() - heardAt > 2 * SILENT_MS) connect();
  }, 5_000);
}

export function disconnect() {
  if (stream) stream.close();
  clearInterval(watchdog);
  stream = null;
  connection.set("off");
  for (const each of [overview, dashboard, shaft]) each.set(null);
}

function tell(kind, one) {
  for (const act of listeners.get(kind) ?? []) act(one);
}
listeners.set("reset", new Set());

/** Call `act(activity)` for each event of this kind (or "reset", when some were missed) while the scope lives. */
export function on(kind, act) {
  listeners.get(kind).add(act);
  onEnd(() => listeners.get(kind).delete(act));
}
