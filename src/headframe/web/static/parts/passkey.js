// Passkeys: the browser's side of WebAuthn.
//
// Responsible for: asking the browser to make or use a passkey, bytes to base64url and back as the server takes them.
// Not responsible for: when it is asked (pages/login, pages/me), checking the answer (the server).

/** Why this browser cannot use passkeys here: "insecure" (not over TLS, nor on this machine), "unsupported", or "". */
export function hindrance() {
  if (!isSecureContext) return "insecure";
  return globalThis.PublicKeyCredential && navigator.credentials ? "" : "unsupported";
}

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));

function textOf(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (each) => String.fromCharCode(each)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytesOf(each.id) }));

/** Make a passkey; `options` as the server gave them. Gives what the server wants to see. */
export async function create(options) {
  const wanted = options.publicKey ?? options;
  const made = await navigator.credentials.create({
    publicKey: {
      ...wanted,
      challenge: bytesOf(wanted.challenge),
      user: { ...wanted.user, id: bytesOf(wanted.user.id) },
      excludeCredentials: known(wanted.excludeCredentials),
    },
  });
  return told(made, {
    attestationObject: textOf(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

/** Sign in with a passkey; `options` as the server gave them. */
export async function use(options) {
  const wanted = options.publicKey ?? options;
  const shown = await navigator.credentials.get({
    publicKey: { ...wanted, challenge: bytesOf(wanted.challenge), allowCredentials: known(wanted.allowCredentials) },
  });
  const { authenticatorData, signature, userHandle } = shown.response;
  return told(shown, {
    authenticatorData: textOf(authenticatorData),
    signature: textOf(signature),
    userHandle: userHandle ? textOf(userHandle) : null,
  });
}

const told = (credential, response) => ({
  id: credential.id,
  rawId: textOf(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? null,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: { clientDataJSON: textOf(credential.response.clientDataJSON), ...response },
});

/** What went wrong, as the end of a key of words: "cancelled", "known" (this device has one already) or "failed". */
export function mishap(error) {
  if (error.name === "NotAllowedError" || error.name === "AbortError") return "cancelled";
  return error.name === "InvalidStateError" ? "known" : "failed";
}
