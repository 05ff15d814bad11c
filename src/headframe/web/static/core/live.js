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
// Ticks come every second.
const SILENT_MS = 5_000;
const WATCH_MS = 1_000;
// A server that hangs takes the new stream as silently as it kept the old one: asked again, but not every few seconds.
const AGAIN_MS = 20_000;

let stream = null;
let heardAt = 0;
let openedAt = 0;
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

function open({ again = false } = {}) {
  stream?.close();
  stream = new EventSource("/api/v1/events");
  openedAt = Date.now();
  stream.onopen = () => {
    heard();
    if (again) tell("reset", null); // a new stream does not know what the one before it missed
    again = false;
  };
  stream.onerror = () => connection.set("lost");
  listen("tick", take);
  listen("shaft", (now) => shaft.set(now));
  listen("reset", () => tell("reset", null));
  for (const kind of KINDS) listen(kind, (one) => tell(kind, one));
}

// What is shown stays while the stream is lost; it is only said to be old.
function watch() {
  const now = Date.now();
  if (now - heardAt < SILENT_MS) return;
  connection.set("lost");
  // Browsers give up after some refusals; a server that was restarted is worth another try.
  const patience = stream.readyState === EventSource.CLOSED ? SILENT_MS : AGAIN_MS;
  if (now - openedAt < patience) return;
  open({ again: true });
}

/** Begin to listen, or anew after the rights changed. */
export function connect() {
  disconnect();
  connection.set("connecting");
  heardAt = Date.now();
  open();
  askFirst(stream);
  watchdog = setInterval(watch, WATCH_MS);
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
