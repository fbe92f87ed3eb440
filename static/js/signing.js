// The signing panel: shows what will be signed, as read back from the bytes; asks the rules first; signs
// with this device's key; shows the receipt. Every working screen has one.

import { isFull } from "./database.js";
import { currentKey, resend, signAndSend, stateOf } from "./keys.js";
import { identify } from "./lock.js";
import * as outbox from "./outbox.js";
import { fact, get, icon, make, note, post, say, settle } from "./say.js";
import { stamp } from "./events.js";
import * as twin from "./statement.js";
import { underway } from "./underway.js";
import { describe, describeAct, moment } from "./words.js";

export const me = {
  log: fact("log"), login: fact("login"), party: fact("party"), role: fact("role"), site: fact("site"), name: fact("name"),
};

/** The key of this device, ready to sign; where there is none, a sentence with the way to get one. */
export async function readyKey() {
  const key = await currentKey(me);
  if (!key) return { key: null, why: "no-key" };
  const { state, soon, expires } = await stateOf(key);
  if (state !== "approved") return { key: null, why: `key-${state}` };
  return { key, why: "", until: soon ? expires : "" };
}

// Acts whose signature means more than being there: the person proves once more who they are.
const GRAVE = new Set(fact("grave").split(" "));
const meaningOf = (one) => (one.act ? JSON.parse(one.act).type : JSON.parse(one.read.terms).meaning);

/** "Released by Anna Weber, 14:32 +01:00" for each meaning of what is to be signed; empty for everyday acts. */
function meaningsOf(prepared) {
  const grave = new Set(prepared.map(meaningOf).filter((meaning) => GRAVE.has(meaning)));
  return [...grave].map((meaning) => `${say(`meaning-${meaning}`)} ${me.name}, ${moment(stamp())}`);
}

/**
 * A panel over `root`. `drafts()` gives what the page wants signed now: an array of {core, terms, items}
 * (one statement each, in order), an array with one {act} for a registry statement, or null for nothing
 * yet. `onSigned(outcomes)` runs after all have their receipts.
 */
export class Signing {
  constructor(root, { drafts, onSigned = () => {}, inside = () => new Map(), dangerous = false }) {
    Object.assign(this, { root, drafts, onSigned, inside, dangerous });
    this.sentence = root.querySelector("blockquote");
    this.said = root.querySelector(".said");
    this.button = root.querySelector("[data-sign]");
    this.label = this.button.textContent;
    this.bytes = root.querySelector("pre");
    this.settled = settle(200, () => this.prepare());
    this.button.addEventListener("click", () => this.press());
    document.addEventListener("keydown", (event) => this.onKey(event));
    this.begin();
  }

  async begin() {
    this.ready = readyKey().catch((error) => ({ key: null, why: "", error }));
    const { key, why, until, error } = await this.ready;
    if (error) this.tell("again", error.message);
    else if (!key) this.tellNoKey(why);
    else resend(key).then((late) => late.length && this.tell("clear", say("resent", { n: late.length })), () => {});
    await this.prepare();
    if (until) this.said.append(note("again", say("key-soon", { day: until }), " ", make("a", { href: fact("devices") }, say("to-devices"))));
  }

  /** Something has changed: what was drafted before is not signed any more, even by the quickest hand. */
  refresh() {
    this.turn = null;
    this.prepared = null;
    this.button.disabled = true;
    this.settled();
  }

  tellNoKey(why) {
    this.blocked = note("again", say(why), " ", make("a", { href: fact("devices") }, say("to-devices")));
    this.said.replaceChildren(this.blocked);
  }

  onKey(event) {
    const elsewhere = /^(INPUT|TEXTAREA|SELECT|BUTTON|A|SUMMARY)$/.test(document.activeElement?.tagName ?? "");
    if (event.key === "Enter" && !event.defaultPrevented && !elsewhere && !this.button.disabled) {
      event.preventDefault();
      this.press();
    } else if (event.key === "Escape") {
      this.disarm();
    }
  }

  /** What the button says from now on. */
  rename(label) {
    this.label = label;
    this.disarm();
  }

  /** Drafts, reads back, shows, and asks the rules. Older receipts go, unless one of them says what is wrong. */
  async prepare({ keepReceipt = false } = {}) {
    const turn = (this.turn = Symbol("draft"));
    this.disarm();
    const wanted = this.drafts();
    this.prepared = null;
    this.button.disabled = true;
    this.root.hidden = wanted === null;
    if (wanted === null) return;
    if (!keepReceipt) this.clearReceipts();
    const prepared = [];
    for (const one of wanted) prepared.push(one.act ? { act: one.act } : bodyOf(one));
    if (this.turn !== turn) return;
    this.show(prepared);
    const { key } = await this.ready;
    if (this.turn !== turn || !key) return;
    const trouble = await this.ask(key, prepared);
    if (this.turn !== turn) return;
    this.tellChecked(trouble);
    this.prepared = prepared;
    this.button.disabled = trouble.some((one) => one.tone === "stop");
  }

  show(prepared) {
    const inside = this.inside();
    const sentences = prepared.map((one) => (one.act ? describeAct(me.party, JSON.parse(one.act)) : describe(me.party, one.read, inside)));
    const distinct = [...new Set(sentences)];
    this.sentence.replaceChildren(...distinct.slice(0, 4).flatMap((text, n) => (n ? [make("br"), text] : [text])));
    for (const meaning of meaningsOf(prepared)) this.sentence.append(make("br"), make("strong", {}, meaning));
    if (prepared.length > distinct.length || distinct.length > 4) this.sentence.append(make("br"), say("statements", { n: prepared.length }));
    this.bytes.textContent = prepared.map((one) => one.act ?? [one.read.core, one.read.terms, ...one.read.items].join("\n")).join("\n\n");
  }

  async ask(key, prepared) {
    const trouble = [];
    for (const one of prepared) {
      if (one.act) continue;
      try {
        const answer = await post("/api/check", `{"kid":${JSON.stringify(key.kid)},"iat":${JSON.stringify(stamp())},"body":${one.json}}`);
        if (answer.unmatched) trouble.push({ tone: "unknown", text: say("will-be-unmatched") });
        if (answer.late) trouble.push({ tone: "again", text: say("will-be-late") });
      } catch (error) {
        trouble.push(troubleOf(error));
      }
    }
    return trouble;
  }

  tellChecked(trouble) {
    const seen = new Set();
    const notes = trouble.filter(({ text }) => !seen.has(text) && seen.add(text)).map(({ tone, text, login }) =>
      note(tone, text, login && " ", login && make("a", { href: fact("login-url"), target: "_blank" }, say("log-in"))));
    this.said.replaceChildren(...notes);
    this.root.dispatchEvent(new CustomEvent("checked", { detail: trouble }));
  }

  press() {
    if (this.button.disabled || !this.prepared) return;
    if (this.dangerous && !this.armed) {
      this.armed = true;
      this.button.textContent = say("press-again", { what: this.label });
      this.button.focus();
      return;
    }
    underway(this.sign());
  }

  disarm() {
    this.armed = false;
    this.button.textContent = this.label;
  }

  async sign() {
    const prepared = this.prepared;
    this.button.disabled = true;
    const meanings = meaningsOf(prepared);
    if (meanings.length && !(await identify("prove", meanings.join("\n")))) {
      this.tell("again", say("not-proven"));
      this.button.disabled = false;
      this.disarm();
      return;
    }
    this.button.setAttribute("aria-busy", "true");
    const outcomes = [];
    try {
      const { key } = await this.ready;
      for (const one of prepared) {
        if (prepared.length > 1) this.button.textContent = say("signing", { n: outcomes.length + 1, of: prepared.length });
        outcomes.push(await signAndSend(key, (seq, prev) => draftOf(one, seq, prev), (claims) => readBack(one, claims), this.about(one)));
      }
    } catch (error) {
      this.failed(error, outcomes);
      return;
    } finally {
      this.button.removeAttribute("aria-busy");
      this.disarm();
    }
    this.done(outcomes);
  }

  /** What the outbox keeps beside a statement: what it says, in words, and what it changes here. */
  about(one) {
    if (one.act) return { told: describeAct(me.party, JSON.parse(one.act)) };
    const { meaning, amount } = JSON.parse(one.read.terms);
    const { eventTime, ref } = JSON.parse(one.read.core);
    const items = one.read.items.map((item) => item.slice(1));
    return { told: describe(me.party, one.read, this.inside()), meaning, items, left: amount?.left, time: eventTime, ref };
  }

  failed(error, outcomes) {
    const over = Boolean(error.details?.step); // the log will never take it: the outbox keeps it, to be signed anew
    const way = over ? [" ", make("a", { href: fact("devices") }, say("to-devices"))] : [];
    const text = isFull(error) ? say("storage-full") : error.message || String(error);
    this.said.replaceChildren(note(error.status === 0 ? "again" : "stop", text, ...way));
    if (outcomes.length) this.receipts(outcomes, false);
    this.prepared = this.prepared?.slice(outcomes.length) ?? null;
    this.button.disabled = over || !this.prepared?.length;
  }

  /** What had no effect, because somebody else was quicker, stays on the page: the rules say what to leave out. */
  done(outcomes) {
    const taken = outcomes.every((one) => one.effect !== false);
    this.receipts(outcomes, taken);
    if (taken) this.onSigned(outcomes);
    else this.prepare({ keepReceipt: true });
  }

  clearReceipts() {
    for (const old of this.root.parentElement.querySelectorAll(":scope > .receipt")) old.remove();
  }

  receipts(outcomes, complete) {
    const box = make("section", { class: "signing receipt", role: "status", tabindex: "-1" });
    const fill = (answers) => {
      const { tone, title } = summary(answers);
      box.className = `signing receipt ${tone}`;
      box.replaceChildren(make("h2", {}, icon(tone === "again" ? "waiting" : tone), title),
        make("ul", { class: "stack-small", role: "list" }, ...answers.slice(0, 20).map(receiptLine)));
      if (complete && fact("again-url")) box.append(make("p", { class: "row" }, make("a", { class: "button", href: fact("again-url") }, say("again"))));
    };
    fill(outcomes);
    if (outcomes.some((one) => one.waiting)) followUp(outcomes, fill);
    this.clearReceipts();
    this.root.after(box);
    if (complete) this.root.hidden = true;
    box.focus();
  }

  tell(tone, text) {
    this.said.replaceChildren(note(tone, text));
  }
}

function troubleOf(error) {
  if (error.status === 401) return { tone: "stop", text: say("session-over"), login: true };
  if (outbox.isPassing(error)) return { tone: "again", text: say("not-asked") };
  return { tone: "stop", text: error.message, item: error.details?.item };
}

function summary(outcomes) {
  if (outcomes.some((one) => one.effect === false || one.stuck)) return { tone: "stop", title: say("no-effect") };
  if (outcomes.some((one) => one.waiting)) return { tone: "again", title: say("signed-waiting") };
  return { tone: "clear", title: say("signed") };
}

function receiptLine(one) {
  if (one.stuck) return make("li", {}, note("stop", one.stuck.sentence));
  if (one.waiting) return make("li", {}, say("kept", { n: one.seq + 1 }));
  return make("li", {},
    make("span", {}, say("receipt", { position: one.position, when: moment(one.admitted) })), " ",
    make("a", { href: one.receipt_url }, say("receipt-link")),
    one.effect ? null : note("stop", one.sentence),
    one.late ? note("again", say("late")) : null);
}

// What waited is answered later, from here, from another tab or by the service worker.
function followUp(outcomes, fill) {
  let answers = outcomes;
  outbox.onChange(async () => {
    if (!answers.some((one) => one.waiting)) return;
    const kept = new Map((await outbox.all()).map((one) => [one.id, one]));
    answers = await Promise.all(answers.map((one) => (one.waiting ? answered(one, kept.get(one.id)) : one)));
    fill(answers);
  });
}

async function answered(one, kept) {
  if (kept?.stuck) return { ...one, waiting: false, stuck: kept.stuck };
  if (!kept?.receipt) return one;
  try {
    return await get(`/api/statements/${kept.receipt}`);
  } catch {
    return one; // away again, or logged out: it is asked for at the next change
  }
}

// A body is made once, with its nonce, and read back from its JSON: what is shown is what the bytes say.
function bodyOf(event) {
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const json = twin.formatBody({ nonce, ...event });
  return { json, read: twin.parseBody(json) };
}

async function draftOf(one, seq, prev) {
  const { log, party } = me;
  const iat = stamp();
  return one.act
    ? { typ: "registry+jws", body: null, claims: twin.draftRegistry(log, party, iat, seq, prev, one.act) }
    : { typ: "custody+jws", body: one.json, claims: twin.draftCustody(log, party, iat, seq, prev, await twin.commit(one.read)) };
}

// The last look before the key is used: the claims, parsed back, commit to the body that was shown.
async function readBack(one, bytes) {
  const claims = JSON.parse(new TextDecoder().decode(bytes));
  if (claims.log !== me.log || claims.iss !== me.party) throw new Error(say("not-what-was-shown"));
  if (one.act) {
    if (JSON.stringify(claims.act) !== JSON.stringify(JSON.parse(one.act))) throw new Error(say("not-what-was-shown"));
    return;
  }
  const again = await twin.commit(twin.parseBody(one.json));
  if (claims.core !== again.core || claims.terms !== again.terms || claims.items !== again.items) throw new Error(say("not-what-was-shown"));
}
