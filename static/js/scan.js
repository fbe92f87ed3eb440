// The scanner of every working screen: camera, photo, wedge, paste. Whatever the way in, a code ends at
// one server endpoint and comes back with product, serial, lot, expiry, state and, where there is one,
// the trouble in a sentence. Reading goes on in the page while the server is away.

import { Camera, troubleOf } from "./camera.js";
import { Connection, isAway } from "./connection.js";
import { Decoder } from "./decoding.js";
import { listenForCodes } from "./entering.js";
import { Outlines } from "./outlines.js";
import { parse } from "./gs1.js";
import { fact, note, say } from "./say.js";
import { signal } from "./signal.js";
import { showTally, showWaiting } from "./standing.js";
import { Stills } from "./stills.js";
import { openStock } from "./stock.js";
import { Tools } from "./tools.js";
import { Codes, Places } from "./tracking.js";
import { untilSigned } from "./underway.js";
import { Waiting } from "./waiting.js";
import { Watch } from "./watching.js";

const STAYS = 4000; // ms that a trouble stays to be read, while other codes are read

/**
 * Sets up the scanner panel `root`. `onReading(reading, source)` gets every resolved code and returns
 * "read", "duplicate" or "trouble", which is then sounded. `source` is camera, photo, wedge or typed. A
 * reading with `twins` was seen on two packs at once, and says so as its problem. Without a network, what the
 * synced stock knows is resolved from it; with `always`, every code is, as soon as the server is away.
 */
export class Scanner {
  constructor(root, onReading, { always = false } = {}) {
    Object.assign(this, { root, onReading, always });
    this.video = root.querySelector("video");
    this.still = root.querySelector("img");
    this.view = root.querySelector(".viewfinder");
    this.said = root.querySelector(".scanner-said");
    this.readings = new Map(); // text -> reading
    this.twins = new Set(); // texts seen on two packs at once
    this.counted = new Set(); // EPCs read since the page was last done with what was read, clones twice
    this.expected = null; // {done, of} where the page expects something
    this.seen = { width: 0, height: 0 };
    this.frozenAt = null;
    this.codes = new Codes();
    this.places = new Places();
    this.outlines = new Outlines(root.querySelector("canvas"));
    this.camera = new Camera(this.video);
    this.decoder = new Decoder(root.hasAttribute("data-decoder"));
    if (fact("login")) this.decoder.load(); // a visitor's phone loads it with the camera
    this.connection = new Connection(() => this.showWaiting());
    this.waiting = new Waiting(this.connection, {
      onReadings: (found) => this.report(found.map(({ reading, code }) => ({ ...code, reading }))),
      onRefused: (error) => this.refuse(error),
      onChange: (error) => this.onWaiting(error),
    });
    this.stills = new Stills(this);
    this.watch = new Watch({
      camera: this.camera, decoder: this.decoder, connection: this.connection, places: this.places,
      onSight: (sight) => this.see(sight, performance.now(), "camera"),
      onTrouble: (error) => this.tell("again", error.message),
    });
    this.tools = new Tools(root, this.camera, {
      choose: (device) => this.start(device), freeze: () => this.freeze(), stop: () => this.stop(), redraw: () => this.draw(),
    });
    root.querySelector("[data-start]").addEventListener("click", () => this.start());
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
    document.addEventListener("locked", () => this.stop());
    window.addEventListener("resize", () => this.draw());
    listenForCodes(root, {
      onCodes: (texts, source) => this.take(texts.map((text) => ({ text })), source),
      onPhoto: (file) => this.photo(file),
    });
    this.startAgain();
  }

  // The camera

  async startAgain() {
    // A camera that was allowed before starts by itself: the worker's hands are full.
    try {
      const permission = await navigator.permissions.query({ name: "camera" });
      if (permission.state === "granted" && sessionStorage.getItem("camera") === "on") await this.start();
    } catch {
      // Browsers that cannot tell wait for the button.
    }
  }

  async start(device) {
    this.stop();
    try {
      await this.camera.open(device);
    } catch (error) {
      this.camera.close();
      this.tell("again", say(troubleOf(error)));
      return;
    }
    sessionStorage.setItem("camera", "on");
    this.tell("", "");
    this.show(this.video);
    await this.tools.show();
    this.watch.start();
  }

  stop() {
    this.frozenAt = null;
    this.watch.stop();
    this.camera.close();
    this.tools.show();
    this.show(null);
  }

  /** Shows the camera, a still, or the button that starts the camera. */
  show(part) {
    this.video.hidden = part !== this.video;
    this.still.hidden = part !== this.still;
    this.view.classList.toggle("live", part !== null);
    this.codes.hide();
    this.places.forget();
    this.outlines.clear();
    if (part === this.video) this.shape(this.video.videoWidth, this.video.videoHeight);
    this.showTally();
  }

  shape(width, height) {
    if (width) this.view.style.setProperty("--aspect", String(width / height));
  }

  // Stills: a frozen frame or a photo, read in the page and by the server, which takes its time

  async freeze() {
    if (this.frozenAt !== null) {
      this.frozenAt = null;
      this.tools.frozen(false);
      this.show(this.video);
      this.watch.start();
      return;
    }
    const picture = this.camera.seen && (await this.camera.jpeg(0.92));
    if (!picture) return;
    this.watch.stop();
    this.tools.frozen(true);
    await this.study(picture, "camera");
  }

  async photo(file) {
    this.stop();
    this.codes.forget();
    await this.study(file, "photo");
  }

  async study(picture, source) {
    const at = (this.frozenAt = performance.now());
    URL.revokeObjectURL(this.still.src);
    this.still.src = URL.createObjectURL(picture);
    this.show(this.still);
    this.tell("unknown", say("reading-photo"));
    try {
      const found = await this.stills.study(picture, (sight) => this.frozenAt === at && this.see(sight, at, source));
      if (this.frozenAt !== at) return;
      if (!found) this.tell("again", say("photo-empty"));
      else if (this.said.textContent === say("reading-photo")) this.tell("", "");
    } catch (error) {
      if (this.frozenAt === at) this.tell("stop", error.message);
    }
  }

  // What was seen

  /** Takes in what a picture showed; returns whether any of it was new. */
  see({ symbols, unread, width, height, byServer }, at, source) {
    this.seen = { width, height, at };
    this.shape(width, height);
    const news = this.codes.see(symbols, at, { sure: byServer || source === "photo" || this.frozenAt !== null });
    this.places.see(unread, this.codes.marks(at), at, { byServer });
    for (const text of news.twins) this.twins.add(text);
    const told = [...news.fresh, ...news.again];
    if (byServer) this.report(told.map((reading) => ({ reading, source })));
    else if (told.length) this.take(told, source);
    // A twin of a code that was read before; of one read just now, its reading will say so.
    const twins = news.twins.filter((text) => this.readings.has(text) && !told.some((one) => one.text === text));
    this.report(twins.map((text) => ({ reading: this.readings.get(text), source })));
    if (this.connection.away && news.twins.length) this.soundWaiting();
    this.draw();
    return told.length + news.twins.length > 0;
  }

  draw() {
    const { width, height, at } = this.seen;
    const now = this.frozenAt === null ? performance.now() : at;
    if (!this.view.classList.contains("live")) return;
    const read = this.codes.shown(now).flatMap(({ text, marks }) => marks.map(({ corners }) => ({ corners, tone: this.toneOf(text) })));
    const unread = this.places.shown.map(({ corners, hint }) => ({ corners, hint, tone: "again" }));
    this.outlines.draw([...unread, ...read], { width, height }, this.tools.mirrored);
    this.showTally();
  }

  toneOf(text) {
    const reading = this.readings.get(text);
    return (reading ? reading.problem : this.isClone(text)) ? "stop" : "clear";
  }

  /** Whether two packs at once carried this code. A pallet may show its label several times. */
  isClone(text) {
    return this.twins.has(text) && /^\x1d?01\d{14}|\/01\/\d{14}/.test(text);
  }

  // What was read

  /** Resolves codes and hands them to the page. True when all of them could be used, or wait to be. */
  async take(codes, source) {
    const known = this.connection.away ? codes.filter(({ text }) => this.readings.has(text) && !this.waiting.has(text)) : [];
    const fresh = codes.filter((code) => !known.includes(code)).map((code) => ({ ...code, source }));
    document.dispatchEvent(new CustomEvent("scanned")); // somebody is here: the page does not lock
    const wait = this.waiting.add(fresh);
    if (this.connection.away) this.soundWaiting();
    this.report(known.map(({ text }) => ({ reading: this.readings.get(text), source })));
    await wait;
    return codes.every(({ text }) => this.waiting.has(text) || !this.readings.get(text)?.trouble);
  }

  /** Hands readings to the page, and sounds the gravest outcome of them: once nothing is being signed there. */
  report(found) {
    const wait = found.length && untilSigned();
    if (wait) {
      wait.then(() => this.report(found));
      return;
    }
    const outcomes = new Set();
    let trouble = "";
    for (const { reading, source, sounded } of found) {
      const twins = Boolean(reading.epc) && this.isClone(reading.text);
      const told = twins ? { ...reading, twins, tone: "stop", problem: say("twins") } : reading;
      const outcome = this.onReading(told, source);
      this.readings.set(reading.text, { ...told, trouble: outcome === "trouble" });
      if (outcome === "trouble") trouble = told.problem || trouble;
      if (reading.epc) this.counted.add(reading.epc);
      if (twins) this.counted.add(`${reading.epc} again`);
      if (outcome !== "read" || !sounded) outcomes.add(outcome);
    }
    const gravest = ["trouble", "read", "duplicate"].find((outcome) => outcomes.has(outcome));
    if (gravest) signal(gravest);
    if (trouble) this.tell("stop", trouble);
    else if (found.length && this.mayClear(found[0].source)) {
      if (gravest === "duplicate") this.tell("unknown", say("duplicate"));
      else this.tell("", "");
    }
    this.draw();
    this.showTally();
  }

  refuse(error) {
    signal("trouble");
    this.tell("stop", error.message);
  }

  // A trouble is not wiped away by the next code that the camera happens to read.
  mayClear(source) {
    return source !== "camera" || this.tone !== "stop" || performance.now() - this.toldAt > STAYS;
  }

  tell(tone, text) {
    this.tone = tone;
    this.toldAt = performance.now();
    this.said.replaceChildren(...(text ? [note(tone, text)] : []));
  }

  // What waits for the server

  onWaiting(error) {
    if (error && !isAway(error)) this.tell("again", error.message);
    if (this.connection.away) this.soundWaiting();
    this.showWaiting();
    if (this.connection.away && fact("login") && (this.always || !navigator.onLine)) this.resolveHere();
  }

  /** Resolves what waits from the stock as of its last sync; the rest goes on waiting. */
  async resolveHere() {
    const stock = await openStock().catch(() => null);
    const found = [];
    for (const code of this.waiting.codes) {
      const reading = stock?.reading(code.text) ?? (this.always ? unknownHere(code) : null);
      if (!reading) continue;
      this.waiting.drop(code.text);
      found.push({ ...code, reading });
    }
    if (found.length) this.report(found);
    this.showWaiting();
  }

  /** A code that was read sounds like one, and a clone like one, whether or not the server can say more. */
  soundWaiting() {
    const { codes } = this.waiting;
    const silent = codes.filter(({ sounded }) => !sounded);
    const clones = codes.filter(({ text, cloned }) => !cloned && this.isClone(text));
    for (const code of silent) code.sounded = true;
    for (const code of clones) code.cloned = true;
    if (clones.length) this.refuse({ message: say("twins") });
    else if (silent.length) signal("read");
  }

  showWaiting() {
    const { codes } = this.waiting;
    showWaiting(this.root.querySelector(".scanner-away"), { away: this.connection.away, readsHere: this.decoder.works, codes });
    this.showTally();
  }

  // The count

  /** Says how much of what the page expects is there. */
  expect(done, of) {
    this.expected = of ? { done, of } : null;
    this.showTally();
  }

  /** Counts from nothing: what was read is signed. */
  recount() {
    this.counted.clear();
    this.showTally();
  }

  showTally() {
    const unread = this.view.classList.contains("live") ? this.places.shown : [];
    const waiting = this.connection.away ? this.waiting.codes : [];
    showTally(this.root.querySelector(".tally"), {
      read: this.counted.size + waiting.length + waiting.filter(({ text }) => this.isClone(text)).length,
      unread: unread.length,
      hints: unread.map(({ hint }) => hint).filter(Boolean),
      expected: this.expected,
    });
  }
}

function unknownHere({ text, symbology }) {
  const said = parse(text);
  return said ? { text, symbology, tone: "unknown", offline: true, ...said } : { text, symbology, tone: "again", offline: true, problem: say("offline-unread") };
}
