// Whether the server can be reached, as every request of the scanner finds out, and when to try again.

import { post } from "./say.js";

const SOONEST = 500; // ms until the first new try
const LATEST = 10_000;
const PATIENCE = 8_000; // ms for an answer: a network may swallow a request without a word
const GATEWAY = new Set([502, 503, 504]); // a proxy that stands there alone

export class Connection {
  #failures = 0;

  /** `onChange(away)` runs when the server goes away or comes back. */
  constructor(onChange) {
    this.onChange = onChange;
    this.away = false;
    this.again = 0; // when the next try is due, by performance.now()
    window.addEventListener("online", () => {
      this.again = 0;
    });
  }

  /** Milliseconds until a request is worth its while. */
  get wait() {
    return this.away ? Math.max(0, this.again - performance.now()) : 0;
  }

  /** POST as in say.js. Throws Refused; its status is 0, or of a gateway, where the server is away. */
  async post(path, content, patience = PATIENCE) {
    try {
      const answer = await post(path, content, AbortSignal.timeout?.(patience));
      this.#heard(true);
      return answer;
    } catch (error) {
      this.#heard(!isAway(error));
      throw error;
    }
  }

  #heard(answered) {
    this.#failures = answered ? 0 : this.#failures + 1;
    this.again = performance.now() + Math.min(LATEST, SOONEST * 2 ** (this.#failures - 1));
    if (this.away === !answered) return;
    this.away = !answered;
    this.onChange(this.away);
  }
}

/** Whether a refusal says that the server was not reached at all. */
export function isAway(error) {
  return !error.status || GATEWAY.has(error.status);
}
