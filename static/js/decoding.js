// The page's end of the decoder in the worker: one picture at a time, and whether there is a decoder at all.

const WORKER = new URL("decode-worker.js", import.meta.url);
const MOST_FAILURES = 3; // one after the other; a single picture may be too large for it
const PATIENCE = 20_000; // ms for one picture: a photo of a phone takes seconds

/** A decoder in a worker of its own. Without one that `works`, the server reads. */
export class Decoder {
  #worker = null;
  #waiting = null; // {id, done, timer, over}
  #loaded = null;
  #last = 0;
  #failures = 0;

  /** `there`: whether set-up could fetch it. */
  constructor(there) {
    this.there = there;
    this.works = false;
  }

  /** Loads it, a megabyte, once. Resolves with whether it works. */
  load() {
    return (this.#loaded ??= this.there ? this.#start() : Promise.resolve(false));
  }

  #start() {
    return new Promise((done) => {
      const settle = (works) => {
        this.works = works;
        if (!works) this.#fail();
        done(works);
      };
      try {
        this.#worker = new Worker(WORKER, { type: "module" });
      } catch {
        settle(false); // a browser without module workers
        return;
      }
      this.#worker.addEventListener("error", () => settle(false));
      this.#worker.addEventListener("message", ({ data }) => {
        if ("ready" in data) settle(data.ready);
        else this.#answer(data);
      });
    });
  }

  /** Resolves when the picture being read, if there is one, is done with. */
  get idle() {
    return this.#waiting?.over ?? Promise.resolve();
  }

  get isBusy() {
    return this.#waiting !== null;
  }

  /**
   * Reads `bitmap`, which it takes over; what else it is told, see decode-worker.js. Resolves with
   * {symbols, leads}, or null where the decoder is busy or broken.
   */
  read(bitmap, wanted = {}) {
    if (!this.works || this.isBusy) {
      bitmap.close();
      return Promise.resolve(null);
    }
    const id = ++this.#last;
    const timer = setTimeout(() => this.#fail(), PATIENCE);
    let done;
    const over = new Promise((resolve) => {
      done = resolve;
    });
    this.#waiting = { id, done, timer, over };
    this.#worker.postMessage({ ...wanted, id, bitmap }, [bitmap]);
    return over;
  }

  #answer(data) {
    if (this.#waiting?.id !== data.id) return;
    const { done, timer } = this.#waiting;
    clearTimeout(timer);
    this.#waiting = null;
    this.#failures = data.failed ? this.#failures + 1 : 0;
    if (this.#failures === MOST_FAILURES) this.#fail();
    done(data.failed ? null : data);
  }

  // A decoder that broke down is not asked again; the server reads from then on.
  #fail() {
    this.works = false;
    this.#worker?.terminate();
    if (this.#waiting) {
      const { done, timer } = this.#waiting;
      clearTimeout(timer);
      this.#waiting = null;
      done(null);
    }
  }
}
