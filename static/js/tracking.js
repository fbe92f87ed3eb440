// Which codes the camera has seen, over many frames: each physical code counts once, wherever it lies and
// however often it is read. Pure: frames go in with their time, news comes out.

import { distance, samePlace, sideOf } from "./corners.js";

const QUIET_FOR = 1500; // ms: a code that was away for less never left
const LIES_FOR = 4000; // ms: a code back at its old place was only unreadable for a while
const SHOWN_FOR = 600; // ms that an outline outlives its last sighting
const ADVICE_FOR = 2000; // ms: what the server saw stays until it has seen the next frame
// What the server says would help to read a place (scanner/advice.py).
const HINTS = new Set(["closer", "light", "still", "shine"]);
const SURE_AFTER = 2; // frames that must agree on what one frame alone could make up
const SHOWN_AFTER = 3; // frames after which a place found by the page itself is shown
// Bars have a weak check, and two labels of one pallet may stand side by side: neither makes a clone.
const WEAK = new Set(["Code128"]);

/** Codes by their text. A mark is {corners, format} of one physical symbol, in pixels of the last frame. */
export class Codes {
  #known = new Map();

  /**
   * Takes in what one frame showed: symbols {text, symbology, format, corners}. `sure`: a still, or read by
   * the server, whose two readers agree on bars. Returns what is new: `fresh` symbols never read before,
   * `again` those that were away and are back, `twins` the texts now seen on two packs at once.
   */
  see(symbols, now, { sure = false } = {}) {
    const news = { fresh: [], again: [], twins: [] };
    for (const group of grouped(symbols)) {
      const [first] = group;
      const code = this.#known.get(first.text) ?? { ...first, marks: [], frames: 0, together: 0, told: false, seen: now };
      this.#known.set(first.text, code);
      const marks = group.map(({ corners, format }) => ({ corners, format }));
      this.#tell(code, first, marks, now, sure, news);
      Object.assign(code, { marks, seen: now, hidden: false });
    }
    return news;
  }

  #tell(code, first, marks, now, sure, news) {
    code.frames += 1;
    const certain = sure || !marks.every(({ format }) => WEAK.has(format)) || code.frames >= SURE_AFTER;
    if (!code.told && certain) {
      code.told = true;
      news.fresh.push(first);
    } else if (code.told && isBack(code, marks, now)) {
      news.again.push(first);
    }
    if (!areTwins(marks)) return;
    code.together += 1;
    if (code.together === (sure ? 1 : SURE_AFTER)) news.twins.push(first.text);
  }

  /** What lies in front of the camera now, as {text, marks}. */
  shown(now) {
    return [...this.#known.values()].filter((code) => code.told && !code.hidden && now - code.seen < SHOWN_FOR);
  }

  /** Shows none of them until it is seen again: the picture is another one. */
  hide() {
    for (const code of this.#known.values()) code.hidden = true;
  }

  /** Marks of every code told of lately: nothing there needs looking at again. */
  marks(now) {
    return this.shown(now).flatMap(({ marks }) => marks);
  }

  /** What follows may be the same code held up again, and is told of. */
  forget() {
    this.#known.clear();
  }
}

function grouped(symbols) {
  const groups = new Map();
  for (const symbol of symbols) groups.set(symbol.text, [...(groups.get(symbol.text) ?? []), symbol]);
  return groups.values();
}

function isBack(code, marks, now) {
  const away = now - code.seen;
  if (away < QUIET_FOR) return false;
  const lay = code.marks.some((before) => marks.some((mark) => distance(before.corners, mark.corners) < sideOf(mark.corners)));
  return !lay || away > LIES_FOR;
}

/** Two separate symbols of one kind and one text in one picture. */
function areTwins(marks) {
  return marks.some((one, n) => !WEAK.has(one.format) && marks.slice(n + 1).some(
    (other) => other.format === one.format && !samePlace(one.corners, other.corners)));
}

/** Places that look like a code and are not read, each followed while it is found again. */
export class Places {
  #places = [];

  /**
   * Takes in what was found: `corners`, and where the server said so, `hint`. `read` are marks of what is
   * read; a place under one of them is done with.
   */
  see(found, read, now, { byServer = false } = {}) {
    for (const { corners, hint = "" } of found) {
      const known = this.#places.find((place) => samePlace(place.corners, corners));
      const place = known ?? { tries: 0, frames: 0, hint: "", until: 0, byServer: false };
      if (!known) this.#places.push(place);
      Object.assign(place, { corners, frames: place.frames + 1 });
      place.until = Math.max(place.until, now + (byServer ? ADVICE_FOR : SHOWN_FOR));
      if (byServer) Object.assign(place, { hint: HINTS.has(hint) ? hint : "", byServer });
    }
    this.#places = this.#places.filter(({ corners, until }) =>
      until > now && !read.some((mark) => samePlace(mark.corners, corners)));
  }

  /** What the person should see of them: {corners, hint}. */
  get shown() {
    return this.#places.filter(({ byServer, frames }) => byServer || frames >= SHOWN_AFTER);
  }

  /** All of them, for the decoder, which looks another way each time. */
  toTry() {
    return this.#places.map((place) => ({ corners: place.corners, tries: (place.tries += 1) }));
  }

  forget() {
    this.#places = [];
  }
}
