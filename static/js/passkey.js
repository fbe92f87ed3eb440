// Passkeys (WebAuthn): between the server's JSON and the browser's buffers.

import { post } from "./say.js";
import { b64, unb64 } from "./statement.js";

const bytes = (text) => unb64(text);
const text = (buffer) => b64(new Uint8Array(buffer));

function described(list) {
  return (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
}

/** Answers the server's challenge with a passkey that the person chooses. */
export async function answer() {
  const asked = await post("/passkeys/ask", {});
  const credential = await navigator.credentials.get({
    publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: described(asked.allowCredentials) },
  });
  const { authenticatorData, clientDataJSON, signature, userHandle } = credential.response;
  return {
    id: credential.id, rawId: text(credential.rawId), type: credential.type,
    response: {
      authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
    clientExtensionResults: {},
  };
}

/** Makes a passkey for the person who is logged in and has the server keep it under a name. */
export async function create(name) {
  const asked = await post("/passkeys/offer", {});
  const credential = await navigator.credentials.create({
    publicKey: {
      ...asked, challenge: bytes(asked.challenge), user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: described(asked.excludeCredentials),
    },
  });
  const { attestationObject, clientDataJSON } = credential.response;
  const made = {
    id: credential.id, rawId: text(credential.rawId), type: credential.type,
    response: { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON) },
    clientExtensionResults: {},
  };
  return post("/passkeys/", { credential: made, name });
}
