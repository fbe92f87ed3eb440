// Codes on their way to the server: sent in batches, kept while it is away, resolved once each.

import { isAway } from "./connection.js";
import { fact, post } from "./say.js";

const MOST = 200; // codes in one request
// What the server may well say otherwise later: log in again, slow down. Anything else is about the code.
const PASSING = new Set([401, 403, 408, 429]);
const PAUSE = 5000; // ms until it is asked again then

/** Readings of {text, symbology} by the server in their order, at once or not at all. */
export async function resolveAll(codes) {
  return (await post("/scan/code", { codes, task: fact("task") })).results;
}

/** A reading of `text` by the server, at once or not at all. */
export async function resolve(text, symbology = "") {
  return (await resolveAll([{ text, symbology }]))[0];
}

/** Codes on their way, as {text, symbology, source} and whatever else their sender keeps with them. */
export class Waiting {
  #codes = new Map(); // by text
  #sending = null;
  #timer = null;
  #most = MOST;

  /**
   * `onReadings(readings)` gets what the server made of the codes, each {reading, code}. `onRefused(error, code)`
   * gets a code that the server would not look at. `onChange(error)` runs when what waits has changed, with why it
   * could not be sent.
   */
  constructor(connection, { onReadings, onRefused, onChange }) {
    Object.assign(this, { connection, onReadings, onRefused, onChange });
    window.addEventListener("online", () => this.send());
  }

  get codes() {
    return [...this.#codes.values()];
  }

  has(text) {
    return this.#codes.has(text);
  }

  /** No longer waits for a code, which was understood without the server. */
  drop(text) {
    this.#codes.delete(text);
  }

  /** Sends codes. Resolves when the server has answered for them, or cannot be reached: then they wait. */
  async add(codes) {
    const fresh = codes.filter(({ text }) => !this.#codes.has(text));
    for (const code of fresh) this.#codes.set(code.text, code);
    if (fresh.length && this.connection.away) this.onChange();
    await this.send();
  }

  /** Sends what waits, one request at a time; nothing, where the server was away, to see if it is back. */
  send() {
    if (this.connection.wait > 0) this.#later(this.connection.wait);
    else if (!this.#sending && (this.#codes.size || this.connection.away)) this.#sending = this.#sendAll();
    return this.#sending ?? Promise.resolve();
  }

  async #sendAll() {
    clearTimeout(this.#timer);
    do {
      const batch = this.codes.slice(0, this.#most);
      try {
        await this.#resolve(batch);
      } catch (error) {
        if (this.#mayPass(error, batch)) {
          this.#later(isAway(error) ? this.connection.wait : PAUSE);
          this.onChange(error);
          break;
        }
      }
    } while (this.#codes.size);
    this.#sending = null;
  }

  async #resolve(batch) {
    const codes = batch.map(({ text, symbology = "" }) => ({ text, symbology }));
    const { results } = await this.connection.post("/scan/code", { codes, task: fact("task") });
    for (const code of batch) this.#codes.delete(code.text);
    this.#most = MOST;
    this.onReadings(results.map((reading, n) => ({ reading, code: batch[n] })));
    this.onChange();
  }

  // One code that the server refuses must not keep the others from it: they go one by one until it is found.
  #mayPass(error, batch) {
    if (isAway(error) || PASSING.has(error.status)) return true;
    if (batch.length > 1) {
      this.#most = 1;
      return false;
    }
    for (const code of batch) {
      this.#codes.delete(code.text);
      this.onRefused(error, code);
    }
    return false;
  }

  #later(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.send(), milliseconds + 10);
  }
}
