// This device's signing keys: P-256, made here, not extractable, kept in IndexedDB.
// A statement is stored before it is sent, and the same bytes are sent again until there is a receipt:
// one number in the key's chain is never signed twice.

import { put, within } from "./database.js";
import * as outbox from "./outbox.js";
import { get, post, Refused, say } from "./say.js";
import * as twin from "./statement.js";

/** The keys that this browser holds for an account. */
export function keysOf(log, login) {
  return within(["keys"], "readonly", (t) => t.objectStore("keys").index("login").getAll(login))
    .then((keys) => keys.filter((key) => key.log === log));
}

/** This browser's key for an account, the newest that is not given up; null where there is none. */
export async function currentKey({ log, login, party, role }) {
  const keys = (await keysOf(log, login)).filter((key) => key.party === party && key.role === role && !key.gone);
  keys.sort((a, b) => b.made - a.made);
  return keys[0] ?? null;
}

/** Makes a key and asks for its registration. Returns the key with the state of its enrolment. */
export async function enrol({ log, login, party, role }, device) {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const jwk = { crv, kty, x, y };
  const kid = await twin.thumbprint(jwk);
  const key = { kid, jwk, log, login, party, role, device, privateKey: pair.privateKey, made: Date.now() };
  await navigator.storage?.persist?.();
  await put("keys", key);
  return askFor(key);
}

/** Asks again for the registration of a key whose request may have been lost. */
export async function askFor(key) {
  const text = new TextEncoder().encode(`custody-key/1\n${key.log}\n${key.party}\n${key.role}\n${key.kid}\n`);
  const proof = twin.b64(await sign(key, text));
  const { state } = await post("/devices/keys", { jwk: key.jwk, proof, device: key.device });
  await change(key.kid, { state });
  return { ...key, state };
}

/**
 * How far the registration of a key is: {state, expires, soon} with the state requested, approved, refused,
 * revoked, lost, expired or unknown, its last day, and whether that is near.
 */
export async function stateOf(key) {
  try {
    const found = await get(`/devices/keys/${encodeURIComponent(key.kid)}`);
    if (found.state !== key.state) await change(key.kid, { state: found.state });
    return found;
  } catch (error) {
    // Without the server, what it last said counts; it will say so where that has changed.
    if (key.state && outbox.isPassing(error)) return { state: key.state };
    throw error;
  }
}

/** Never use this key again. */
export const giveUp = (key) => change(key.kid, { gone: true });

// Another tab, or the service worker, may have changed something else of it meanwhile.
function change(kid, members) {
  return within(["keys"], "readwrite", (t) => {
    const keys = t.objectStore("keys");
    const asked = keys.get(kid);
    asked.onsuccess = () => asked.result && keys.put({ ...asked.result, ...members });
  });
}

async function sign(key, bytes) {
  return new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, bytes));
}

/** Where the next statement of a key stands in its chain; call it `alone`. */
async function next(key) {
  const kept = await outbox.of(key.kid);
  const last = kept.at(-1);
  const here = last ? { seq: last.seq + 1, prev: last.id } : { seq: 0, prev: "" };
  if (last && outbox.isWaiting(last)) return here;
  try {
    const chain = await get(`/api/chain/${encodeURIComponent(key.kid)}`);
    // A log behind what this device has receipts for has been set back: signing on would fork the key.
    if (last && last.seq >= chain.seq) throw new Refused(409, { detail: say("log-behind") });
    return chain;
  } catch (error) {
    // The key never leaves this browser, so its chain is where the browser left it.
    if (outbox.isPassing(error)) return here;
    throw error;
  }
}

/** Sends again what was signed here and never acknowledged. Returns the outcomes. */
export function resend(key) {
  return outbox.alone(key.kid, () => sending(key));
}

async function sending(key) {
  try {
    return await delivering(key);
  } catch (error) {
    throw told(error);
  }
}

// A grave act that could not be delivered at once: the proof of who signed it is asked for again.
async function delivering(key) {
  try {
    return await outbox.deliver(key.kid);
  } catch (error) {
    if (error.details?.title !== "ProofNeeded") throw error;
    const { identify } = await import("./lock.js");
    if (!(await identify("prove"))) throw error;
    return outbox.deliver(key.kid);
  }
}

// The outbox has no page to take its sentences from.
function told(error) {
  if (!(error instanceof outbox.Undelivered)) return error;
  const detail = error.message || say(error.status === 0 ? "no-connection" : "no-answer");
  return new Refused(error.status, { ...error.details, detail: error.details.step ? `${detail} ${say("key-given-up")}` : detail });
}

/**
 * Signs and delivers in one turn, while no other tab may sign with this key.
 * `draft(seq, prev)` gives {claims: Uint8Array, typ, body: JSON text or null}, `check` looks at what was
 * drafted, parsed back from its bytes, and throws if it is not what the page showed. `about` is kept beside
 * the statement, for its reader. Where it cannot be delivered now, it waits: {waiting: true, id, seq}.
 */
export function signAndSend(key, draft, check, about = {}) {
  return outbox.alone(key.kid, async () => {
    await unlessPassing(sending(key));
    const { seq, prev } = await next(key);
    const { claims, typ, body } = await draft(seq, prev);
    await check(claims);
    const input = twin.signingInput(typ, key.kid, claims);
    const signature = await sign(key, new TextEncoder().encode(input));
    const statement = `${input}.${twin.b64(signature)}`;
    const submission = body === null ? `{"statement":"${statement}"}` : `{"statement":"${statement}","body":${body}}`;
    const id = await twin.statementId(input);
    await outbox.keep({ kid: key.kid, seq, id, submission, log: key.log, login: key.login, party: key.party, ...about });
    // Signed and kept: it will be sent again, and must not be signed again.
    return (await unlessPassing(sending(key)))?.at(-1) ?? { waiting: true, id, seq };
  });
}

async function unlessPassing(sent) {
  try {
    return await sent;
  } catch (error) {
    if (!outbox.isPassing(error)) throw error;
    return null;
  }
}
