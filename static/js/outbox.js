// Signed statements on this device, from the moment of signing: waiting, delivered, refused by a rule, or
// stuck behind a key that the log no longer takes. Each key's seq/prev chain gives their order; the same
// bytes are sent until there is an answer, so that each is logged exactly once. The service worker delivers
// from here too, with no page open.

import { put, readAll, within } from "./database.js";

const MOST_AT_ONCE = 25;
const KEPT = 500; // delivered statements of a key that are remembered
const channel = globalThis.BroadcastChannel ? new BroadcastChannel("custody-outbox") : null;

/** A delivery that did not come about. `status` 0: the server could not be reached. */
export class Undelivered extends Error {
  constructor(status, details = {}) {
    super(details.detail ?? "");
    Object.assign(this, { status, details });
  }
}

/** Whether a failure may pass: no connection, a busy or restarting server, a person who has to log in or prove who they are. */
export const isPassing = ({ status, details }) =>
  status === 0 || status === 401 || status === 429 || status >= 500 || details?.title === "ProofNeeded";

/** Tells every open page that the outbox has changed. */
export function announce() {
  channel?.postMessage("changed");
  globalThis.dispatchEvent?.(new Event("outbox"));
}

/** Runs `call` whenever the outbox has changed, here or in another tab. */
export function onChange(call) {
  channel?.addEventListener("message", call);
  globalThis.addEventListener("outbox", call);
}

/** Everything of one key, in the order in which it was signed. */
export async function of(kid) {
  const kept = await within(["outbox"], "readonly", (t) => t.objectStore("outbox").index("kid").getAll(kid));
  return kept.sort((a, b) => a.seq - b.seq);
}

/** Everything of every key of this browser, in the order in which it was signed. */
export async function all() {
  return (await readAll("outbox")).sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || a.seq - b.seq);
}

export const isWaiting = (one) => !one.receipt && !one.stuck;
/** Whether a person has still to do something about it. */
export const isTrouble = (one) => !one.done && Boolean(one.stuck || one.refused);

/** Statements of a key that have no answer yet, in chain order. */
export const waiting = async (kid) => (await of(kid)).filter(isWaiting);

/** How many wait, and how many need somebody. */
export async function counts() {
  const kept = await all();
  return { waiting: kept.filter(isWaiting).length, trouble: kept.filter(isTrouble).length };
}

/** Keeps a statement that was just signed. Rejects where there is no room: then it counts as never signed. */
export async function keep(statement) {
  await put("outbox", { at: Date.now(), ...statement });
  announce();
}

/** Marks a trouble as dealt with; what was signed stays where it is. */
export async function settle(one) {
  await put("outbox", { ...one, done: true });
  announce();
}

/** Runs `work` while no other tab, nor the service worker, may sign or send with this key. */
export const alone = (kid, work) => navigator.locks.request(`custody-key-${kid}`, work);

/** Sends what waits of one key, in order; call it `alone`. Returns the log's answers. */
export async function deliver(kid) {
  const outcomes = [];
  for (;;) {
    const batch = (await waiting(kid)).slice(0, MOST_AT_ONCE);
    if (batch.length === 0) break;
    const answers = await submit(batch.map((one) => one.submission));
    for (const [n, answer] of answers.entries()) {
      if (answer.receipt === undefined) await refuse(kid, batch[n], answer);
      outcomes.push(answer);
      await acknowledge(batch[n], answer);
    }
    announce();
  }
  if (outcomes.length) await forget(kid);
  return outcomes;
}

/** Sends what waits of every key. What cannot go now stays; resolves with the last failure, or null. */
export async function deliverAll() {
  let failure = null;
  for (const kid of new Set((await all()).filter(isWaiting).map((one) => one.kid))) {
    try {
      await alone(kid, () => deliver(kid));
    } catch (error) {
      if (!(error instanceof Undelivered)) throw error;
      failure = error;
    }
  }
  return failure;
}

async function submit(submissions) {
  const single = submissions.length === 1;
  const answer = await post("/api/statements", single ? submissions[0] : `[${submissions.join(",")}]`);
  return single ? [answer] : answer;
}

async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST", credentials: "same-origin", body, headers: { Accept: "application/json", "Content-Type": "application/json" },
    });
  } catch {
    throw new Undelivered(0);
  }
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  const answer = isJson ? await response.json() : {};
  if (response.ok) return answer;
  // A statement that the log will never take is an answer; anything else is a failure of the way there.
  if (answer.step) return answer;
  throw new Undelivered(response.status, answer);
}

async function acknowledge(one, outcome) {
  const { submission, ...rest } = one;
  const refused = outcome.effect ? undefined : { rule: outcome.rule, sentence: outcome.sentence };
  await put("outbox", { ...rest, receipt: outcome.id, position: outcome.position, refused, submission: refused && submission });
}

// A statement that the log will never take leaves a gap in the key's chain that nothing may fill: the key is
// given up rather than made to sign the same number twice. What it signed is kept, to be signed anew.
async function refuse(kid, one, answer) {
  const stuck = { step: answer.step, sentence: answer.detail };
  const rest = (await waiting(kid)).filter(({ seq }) => seq >= one.seq);
  await within(["keys", "outbox"], "readwrite", (t) => {
    for (const later of rest) t.objectStore("outbox").put({ ...later, stuck });
    const keys = t.objectStore("keys");
    const asked = keys.get(kid);
    asked.onsuccess = () => asked.result && keys.put({ ...asked.result, gone: true });
  });
  announce();
  throw new Undelivered(answer.status, answer);
}

// The newest ones stay: they say where the key's chain is, and what this device did.
async function forget(kid) {
  const settled = (await of(kid)).filter((one) => one.receipt && !isTrouble(one));
  const old = settled.slice(0, Math.max(0, settled.length - KEPT));
  if (old.length === 0) return;
  await within(["outbox"], "readwrite", (t) => {
    for (const one of old) t.objectStore("outbox").delete([one.kid, one.seq]);
  });
}
