// The server's REST door.
//
// Responsible for: requests, the CSRF header, errors with their remedies, remembering answers that have not changed,
// repeating what needed a proof that it is you once that was given.
// Not responsible for: what is asked (pages), the event stream (core/live.js).

import { signal } from "./signals.js";

const BASE = "/api/v1/";
const remembered = new Map(); // path -> {etag, body}; at most KEPT, the oldest goes
const KEPT = 64;

export const csrf = signal("");
/** Called when the server says that nobody is signed in (any more). */
export const signedOut = signal(0);

/** What the server refused, or that it could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(status, error, retryAfter = 0) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.remedy = error.remedy ?? "";
    this.problems = error.problems ?? [];
    /** Seconds until it is worth another try; 0 where the server does not say. */
    this.retryAfter = retryAfter;
  }
}

let confirmer = null;
let confirming = null; // whatever needs a proof meanwhile waits for the same dialog

/** `ask()` is called when the server wants to see that it is the person; resolves to whether they showed it. */
export function confirmWith(ask) {
  confirmer = ask;
}

function confirmed() {
  confirming ??= confirmer().finally(() => (confirming = null));
  return confirming;
}

async function request(method, path, body, options) {
  try {
    return await once(method, path, body, options);
  } catch (error) {
    if (error.code !== "proof_needed" || !confirmer || !(await confirmed())) throw error;
    return once(method, path, body, options);
  }
}

async function once(method, path, body, { signal: abort } = {}) {
  const headers = { accept: "application/json" };
  const known = method === "GET" ? remembered.get(path) : undefined;
  if (known) headers["if-none-match"] = known.etag;
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["x-csrf"] = csrf.peek();
  let answer;
  try {
    answer = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal: abort,
    });
  } catch (trouble) {
    if (trouble.name === "AbortError") throw trouble;
    throw new ApiError(0, { code: "unreachable", message: "" });
  }
  if (answer.status === 304) return known.body;
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  const said = answer.status === 204 ? null : isJson ? await answer.json() : await answer.text();
  if (!answer.ok) {
    if (answer.status === 401 && !/^(session|setup)\b/.test(path)) signedOut.set(signedOut.peek() + 1);
    throw new ApiError(answer.status, said?.error ?? { code: "refused", message: String(said ?? answer.status) }, Number(answer.headers.get("retry-after")) || 0);
  }
  const etag = answer.headers.get("etag");
  if (method === "GET" && etag) {
    remembered.delete(path);
    remembered.set(path, { etag, body: said });
    if (remembered.size > KEPT) remembered.delete(remembered.keys().next().value);
  }
  return said;
}

/** "workers" and {sort: "h1h", source: ["a", "b"]} to a path; empty values are left out. */
export function query(path, values) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of [value].flat()) if (each !== "" && each !== null && each !== undefined) parts.append(name, each);
  }
  const text = parts.toString();
  return text ? `${path}?${text}` : path;
}

export const part = encodeURIComponent;

export const api = {
  get: (path, options) => request("GET", path, undefined, options),
  post: (path, body = {}) => request("POST", path, body),
  put: (path, body = {}) => request("PUT", path, body),
  patch: (path, body = {}) => request("PATCH", path, body),
  remove: (path, body) => request("DELETE", path, body),
  forget: () => remembered.clear(),
};
