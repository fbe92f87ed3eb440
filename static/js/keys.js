// This device's signing keys: P-256, made here, not extractable, kept in IndexedDB.
// A statement is stored before it is sent, and the same bytes are sent again until there is a receipt:
// one number in the key's chain is never signed twice.

import { get, post, Refused, say } from "./say.js";
import * as twin from "./statement.js";

const NAME = "custody";

function open() {
  return new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("keys", { keyPath: "kid" }).createIndex("login", "login");
      request.result.createObjectStore("outbox", { keyPath: ["kid", "seq"] }).createIndex("kid", "kid");
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

// Resolves when the transaction is on disk, not when the request has run.
async function within(stores, mode, work) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(stores, mode, { durability: "strict" });
      const request = work(transaction);
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = () => failed(transaction.error);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

const put = (store, value) => within([store], "readwrite", (t) => t.objectStore(store).put(value));

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
  return { ...key, state };
}

/**
 * How far the registration of a key is: {state, expires, soon} with the state requested, approved, refused,
 * revoked, lost, expired or unknown, its last day, and whether that is near.
 */
export function stateOf(key) {
  return get(`/devices/keys/${encodeURIComponent(key.kid)}`);
}

/** Never use this key again. */
export const giveUp = (key) => put("keys", { ...key, gone: true });

async function sign(key, bytes) {
  return new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, bytes));
}

/** Statements of a key that were signed here and have no receipt yet, in chain order. */
export async function waiting(key) {
  const kept = await within(["outbox"], "readonly", (t) => t.objectStore("outbox").index("kid").getAll(key.kid));
  return kept.filter((one) => !one.receipt).sort((a, b) => a.seq - b.seq);
}

// Whatever is in the outbox goes first, in order, as the bytes it was stored as.
async function deliver(key) {
  const outcomes = [];
  for (const one of await waiting(key)) {
    const outcome = await submit(key, one.submission);
    await put("outbox", { kid: one.kid, seq: one.seq, id: one.id, receipt: outcome.id, at: Date.now() });
    outcomes.push(outcome);
  }
  return outcomes;
}

// A statement that the log will never take leaves a gap in the key's chain that nothing may fill: the key
// is given up rather than made to sign the same number twice.
async function submit(key, submission) {
  try {
    return await post("/api/statements", submission);
  } catch (error) {
    if (error instanceof Refused && error.details.step) {
      await giveUp(key);
      throw new Refused(error.status, { ...error.details, detail: `${error.message} ${say("key-given-up")}` });
    }
    throw error;
  }
}

async function next(key) {
  const chain = await get(`/api/chain/${encodeURIComponent(key.kid)}`);
  const kept = await within(["outbox"], "readonly", (t) => t.objectStore("outbox").index("kid").getAll(key.kid));
  // A log behind what this device has receipts for has been set back: signing on would fork the key.
  if (kept.some((one) => one.seq >= chain.seq)) throw new Refused(409, { detail: say("log-behind") });
  return chain;
}

/** Sends again what was signed here and never acknowledged. Returns the outcomes. */
export function resend(key) {
  return navigator.locks.request(`custody-key-${key.kid}`, () => deliver(key));
}

/**
 * Signs and delivers in one turn, while no other tab may sign with this key.
 * `draft(seq, prev)` gives {claims: Uint8Array, typ, body: JSON text or null}, `check` looks at what was
 * drafted, parsed back from its bytes, and throws if it is not what the page showed.
 */
export function signAndSend(key, draft, check) {
  return navigator.locks.request(`custody-key-${key.kid}`, async () => {
    await deliver(key);
    const { seq, prev } = await next(key);
    const { claims, typ, body } = await draft(seq, prev);
    await check(claims);
    const input = twin.signingInput(typ, key.kid, claims);
    const signature = await sign(key, new TextEncoder().encode(input));
    const statement = `${input}.${twin.b64(signature)}`;
    const submission = body === null ? `{"statement":"${statement}"}` : `{"statement":"${statement}","body":${body}}`;
    const id = await twin.statementId(input);
    await put("outbox", { kid: key.kid, seq, id, submission });
    try {
      return (await deliver(key)).at(-1);
    } catch (error) {
      // Signed and kept: it will be sent again, and must not be signed again.
      if (isPassing(error)) error.kept = id;
      throw error;
    }
  });
}

/** Whether a failure may pass: no connection, a busy or restarting server, a person who has yet to prove who they are. */
const isPassing = (error) => error instanceof Refused
  && (error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500 || error.details.title === "ProofNeeded");

/** Sends a kept statement again until the log has it; `onTry` hears of each failure. */
export async function untilDelivered(key, id, onTry) {
  for (;;) {
    await new Promise((done) => setTimeout(done, 3000));
    try {
      await resend(key);
      return await get(`/api/statements/${id}`);
    } catch (error) {
      if (!isPassing(error)) throw error;
      onTry(error);
    }
  }
}
