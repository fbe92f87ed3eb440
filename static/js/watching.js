// The camera's frames, one after the other: read in the page where it can, by the server where it cannot.
// No frame waits in line. The decoder gets the newest one when it is done with the last, and so does the
// server, which has one frame of this page at a time.

import { isAway } from "./connection.js";
import { fact } from "./say.js";

const PAUSE = fact("login") ? 20 : 120; // ms between frames where the server reads all; visitors may ask less often
const STUCK_AFTER = 500; // ms without anything new until the server is to look too
const SEEN_AFTER = 250; // ms of that where a code is seen and not read
const ADVISING = 1000; // ms between frames for the server while it sees what it cannot read
const SLOWEST = 4000; // ms between frames for the server while it finds nothing either
// Of every three frames one is searched for QR codes and bars too, which costs as much again, and one, while
// nothing new is found, for small codes in a quarter of it at twice the size, which costs twice as much.
const ROUND = 3;
const QUARTERS = 4;

export class Watch {
  #turn = null;
  #frames = 0;
  #asking = false;
  #asked = 0;
  #newsAt = 0;
  #interval = STUCK_AFTER;

  /**
   * `onSight(sight)` gets what one frame showed: {symbols, unread, width, height, byServer}, and returns
   * whether any of it was new. `places` are the unread ones (tracking.js). `onTrouble(error)`: the server
   * would not look.
   */
  constructor({ camera, decoder, connection, places, onSight, onTrouble }) {
    Object.assign(this, { camera, decoder, connection, places, onSight, onTrouble });
  }

  start() {
    const turn = (this.#turn = Symbol("watch"));
    this.decoder.load(); // until it is there, the server reads
    this.#newsAt = performance.now();
    this.#interval = STUCK_AFTER;
    this.#run(turn);
  }

  stop() {
    this.#turn = null;
  }

  async #run(turn) {
    while (this.#turn === turn) {
      await this.camera.next();
      if (this.#turn !== turn) return;
      if (!this.camera.seen || document.hidden) continue;
      if (this.#serverIsDue()) this.#ask(turn);
      if (this.decoder.works && !this.decoder.isBusy) await this.#look(turn);
    }
  }

  async #look(turn) {
    const number = this.#frames++;
    const bitmap = await this.camera.bitmap().catch(() => null); // the camera is changing just now
    if (!bitmap) return;
    const { width, height } = bitmap;
    const found = await this.decoder.read(bitmap, {
      places: this.places.toTry(),
      others: number % ROUND === 0,
      quarter: number % ROUND === 1 && (this.places.shown.length || this.#isStuck) ? Math.floor(number / ROUND) % QUARTERS : null,
    });
    if (!found || this.#turn !== turn) return;
    this.#hear(this.onSight({ symbols: found.symbols, unread: found.leads.map((corners) => ({ corners })), width, height, byServer: false }));
  }

  get #isStuck() {
    return performance.now() - this.#newsAt > (this.places.shown.length ? SEEN_AFTER : STUCK_AFTER);
  }

  #serverIsDue() {
    if (this.#asking || this.connection.wait > 0) return false;
    const since = performance.now() - this.#asked;
    return this.decoder.works ? this.#isStuck && since > this.#interval : since > PAUSE;
  }

  async #ask(turn) {
    this.#asking = true;
    try {
      const { width, height } = this.camera.seen;
      const picture = await this.camera.jpeg();
      const how = this.decoder.works ? "&unread" : "";
      const sight = await this.connection.post(`/scan/frame?task=${fact("task")}${how}`, picture);
      if (this.#turn !== turn) return;
      const news = this.onSight({ ...fitted(sight, width, height), byServer: true });
      this.#hear(news);
      // Where it sees a code as well, its advice has to keep up with the person who follows it.
      if (!news) this.#interval = sight.unread?.length ? ADVISING : Math.min(SLOWEST, this.#interval * 2);
    } catch (error) {
      if (this.#turn === turn && !isAway(error)) this.onTrouble(error);
      this.#interval = SLOWEST;
    } finally {
      this.#asked = performance.now();
      this.#asking = false;
    }
  }

  #hear(news) {
    if (!news) return;
    this.#newsAt = performance.now();
    this.#interval = STUCK_AFTER;
  }
}

/** What the server saw, in pixels of a picture that is shown `width` wide: it may have read it smaller. */
export function fitted(sight, width, height) {
  const fit = (one) => ({ ...one, corners: one.corners.map(([x, y]) => [x * (width / sight.width), y * (height / sight.height)]) });
  return { symbols: sight.symbols.map(fit), unread: (sight.unread ?? []).map(fit), width, height };
}
