// The secret of a one-time link.
//
// Responsible for: reading what stands after the # and taking it out of the address bar (and the history) at once,
// of a link that is opened in an open page too.
// Not responsible for: what the secret is good for (pages/login, pages/setup). It stays in memory only.

import { onEnd } from "../core/signals.js";

/** The fragment as text, "" without one; afterwards the address has none. */
export function takeFragment() {
  const text = location.hash.slice(1);
  if (text) history.replaceState(null, "", location.pathname + location.search);
  return text;
}

/** Call `act(text)` when a link to the page that is open is opened (only what stands after the # changes then). */
export function onFragment(act) {
  const look = () => {
    const text = takeFragment();
    if (text) act(text);
  };
  addEventListener("hashchange", look);
  onEnd(() => removeEventListener("hashchange", look));
}
