// The secret of a one-time link.
//
// Responsible for: reading what stands after the # and taking it out of the address bar (and the history) at once.
// Not responsible for: what the secret is good for (pages/login, pages/setup). It stays in memory only.

/** The fragment as text, "" without one; afterwards the address has none. */
export function takeFragment() {
  const text = location.hash.slice(1);
  if (text) history.replaceState(null, "", location.pathname + location.search);
  return text;
}
