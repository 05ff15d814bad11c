// Who looks.
//
// Responsible for: the session as the server knows it, what it may do, signing in and out.
// Not responsible for: deciding what is allowed: the server does, for every request.

import { api, csrf } from "./api.js";
import { connect, disconnect } from "./live.js";
import { signal } from "./signals.js";

/** {setup_needed, signed_in, account, permissions, privacy, version, ...}; null until asked. */
export const session = signal(null);

export const can = (permission) => session()?.permissions?.includes(permission) ?? false;

const LEVELS = ["nothing", "totals", "workers"];

/** Whether we may see what needs `permission`; as a visitor, what the server shows to visitors from `level` on. */
export function sees(permission, level = "") {
  const now = session();
  if (!now) return false;
  if (now.signed_in) return permission === null || now.permissions.includes(permission);
  return level !== "" && LEVELS.indexOf(now.privacy) >= LEVELS.indexOf(level);
}

/** Ask the server who we are, and listen to what we may hear. */
export async function refresh() {
  const now = await api.get("session");
  api.forget();
  csrf.set(now.csrf ?? "");
  session.set(now);
  if (now.signed_in || now.privacy !== "nothing") connect();
  else disconnect();
  return now;
}

export async function signOut() {
  await api.remove("session");
  disconnect();
  await refresh();
}
