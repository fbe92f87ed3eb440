// The scanner of every working screen: camera, photo, wedge, paste. Whatever the way in, a code ends at
// one server endpoint and comes back with product, serial, lot, expiry, state and, where there is one,
// the trouble in a sentence.

import { fact, icon, make, note, post, say } from "./say.js";
import { signal } from "./signal.js";
import { listen } from "./wedge.js";

const LONGEST_SIDE = 1280; // px of a posted frame: more costs time and reads hardly better
const PAUSE = fact("login") ? 20 : 120; // ms between frames; visitors may ask less often
const QUIET_FOR = 1500; // ms for which the same code under the camera is not told again

/** A reading of `text` by the server. */
export async function resolve(text, symbology = "") {
  const { results } = await post("/scan/code", { codes: [{ text, symbology }], task: fact("task") });
  return results[0];
}

/**
 * Sets up the scanner panel `root`. `onReading(reading, source)` gets every resolved code and returns
 * "read", "duplicate" or "trouble", which is then sounded. `source` is camera, photo, wedge or typed.
 */
export class Scanner {
  constructor(root, onReading) {
    this.root = root;
    this.onReading = onReading;
    this.seen = new Map();
    this.video = root.querySelector("video");
    this.overlay = root.querySelector("canvas.overlay");
    this.still = root.querySelector("img");
    this.view = root.querySelector(".viewfinder");
    this.cameras = root.querySelector("select");
    this.said = root.querySelector(".scanner-said");
    this.frame = document.createElement("canvas");
    root.querySelector("[data-start]").addEventListener("click", () => this.start());
    root.querySelector("[data-stop]").addEventListener("click", () => this.stop());
    root.querySelector("form").addEventListener("submit", (event) => this.typed(event));
    root.querySelector('input[type="file"]').addEventListener("change", (event) => this.photos(event.target));
    this.cameras.addEventListener("change", () => this.start(this.cameras.value));
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
    this.acceptDrops();
    this.acceptPastes();
    listen((text) => this.take([{ text }], "wedge"));
    this.startAgain();
  }

  async startAgain() {
    // A camera that was allowed before starts by itself: the worker's hands are full.
    try {
      const permission = await navigator.permissions.query({ name: "camera" });
      if (permission.state === "granted" && sessionStorage.getItem("camera") === "on") await this.start();
    } catch {
      // Browsers that cannot tell wait for the button.
    }
  }

  async start(device = localStorage.getItem("camera") || "") {
    this.stop();
    const wanted = { width: { ideal: 1280 }, height: { ideal: 720 } };
    const choice = device ? { deviceId: { ideal: device } } : { facingMode: { ideal: "environment" } };
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "InsecureContext");
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { ...wanted, ...choice } });
    } catch (error) {
      this.tell("again", say(CAMERA_TROUBLE[error.name] ?? "camera-failed"));
      return;
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.still.hidden = true;
    this.video.hidden = false;
    this.view.classList.add("live");
    sessionStorage.setItem("camera", "on");
    this.root.querySelector("[data-stop]").hidden = false;
    await this.listCameras();
    this.running = Symbol("camera");
    this.watch(this.running);
  }

  stop() {
    this.running = null;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.view.classList.remove("live");
    this.root.querySelector("[data-stop]").hidden = true;
    this.clearOverlay();
  }

  async listCameras() {
    const devices = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "videoinput");
    const current = this.stream.getVideoTracks()[0].getSettings().deviceId;
    if (current) localStorage.setItem("camera", current);
    this.cameras.replaceChildren(...devices.map((one, n) =>
      make("option", { value: one.deviceId, selected: one.deviceId === current }, one.label || `${say("camera")} ${n + 1}`)));
    this.cameras.hidden = devices.length < 2;
  }

  // One frame at a time: the next is taken when the last is answered, so a slow server is never flooded.
  async watch(turn) {
    while (this.running === turn) {
      const started = performance.now();
      try {
        await this.look();
      } catch (error) {
        this.tell("again", error.message);
        await pause(1000);
      }
      await pause(Math.max(PAUSE, 60 - (performance.now() - started)));
    }
  }

  async look() {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth) return pause(50);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    this.frame.width = Math.round(videoWidth * scale);
    this.frame.height = Math.round(videoHeight * scale);
    this.frame.getContext("2d").drawImage(this.video, 0, 0, this.frame.width, this.frame.height);
    const picture = await new Promise((done) => this.frame.toBlob(done, "image/jpeg", 0.85));
    const turn = this.running;
    const { symbols } = await post(`/scan/frame?task=${fact("task")}`, picture);
    if (this.running !== turn) return;
    this.outline(symbols, this.frame.width, this.frame.height);
    this.report(symbols, "camera");
  }

  async photos(input) {
    for (const file of input.files) await this.photo(file);
    input.value = "";
  }

  async photo(file) {
    this.stop();
    this.showStill(file);
    this.tell("unknown", say("reading-photo"));
    try {
      const { symbols, width, height } = await post(`/scan/photo?task=${fact("task")}`, file);
      this.outline(symbols, width, height);
      this.tell(symbols.length ? "" : "again", symbols.length ? "" : say("photo-empty"));
      this.seen.clear();
      this.report(symbols, "photo");
    } catch (error) {
      this.tell("stop", error.message);
    }
  }

  showStill(file) {
    URL.revokeObjectURL(this.still.src);
    this.still.src = URL.createObjectURL(file);
    this.still.hidden = false;
    this.video.hidden = true;
    this.view.classList.add("live");
  }

  async typed(event) {
    event.preventDefault();
    const field = event.target.elements.code;
    const texts = field.value.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
    if (texts.length === 0) return;
    if (await this.take(texts.map((text) => ({ text })), "typed")) field.value = "";
    field.focus();
  }

  /** Resolves codes and hands them to the page. True when all of them could be used. */
  async take(codes, source) {
    try {
      const { results } = await post("/scan/code", { codes, task: fact("task") });
      return this.report(results, source);
    } catch (error) {
      this.tell("stop", error.message);
      signal("trouble");
      return false;
    }
  }

  report(readings, source) {
    const now = performance.now();
    let outcome = null;
    let trouble = "";
    for (const reading of readings) {
      const key = reading.epc ?? reading.text;
      const before = this.seen.get(key);
      this.seen.set(key, now);
      if (source === "camera" && before !== undefined && now - before < QUIET_FOR) continue;
      const one = this.onReading(reading, source);
      if (one === "trouble") trouble = reading.problem || trouble;
      if (one === "trouble" || outcome === null || (one === "read" && outcome === "duplicate")) outcome = one;
    }
    if (outcome) {
      signal(outcome);
      if (trouble) this.tell("stop", trouble);
      else if (outcome === "duplicate") this.tell("unknown", say("duplicate"));
      else this.tell("", "");
    }
    return outcome !== "trouble";
  }

  tell(tone, text) {
    this.said.replaceChildren(...(text ? [note(tone, text)] : []));
  }

  // Outlines: green where the code is good, amber where it could not be used, red where it must stop.
  outline(symbols, width, height) {
    const canvas = this.overlay;
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d");
    pen.lineWidth = Math.max(3, width / 240);
    pen.lineJoin = "round";
    for (const symbol of symbols) {
      pen.strokeStyle = COLOURS[symbol.tone] ?? COLOURS.again;
      pen.beginPath();
      symbol.corners.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.closePath();
      pen.stroke();
      drawTick(pen, symbol, width);
    }
  }

  clearOverlay() {
    this.overlay.getContext("2d").clearRect(0, 0, this.overlay.width, this.overlay.height);
  }

  acceptDrops() {
    this.root.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.root.classList.add("dropping");
    });
    this.root.addEventListener("dragleave", () => this.root.classList.remove("dropping"));
    this.root.addEventListener("drop", async (event) => {
      event.preventDefault();
      this.root.classList.remove("dropping");
      for (const file of event.dataTransfer.files) await this.photo(file);
    });
  }

  acceptPastes() {
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
      if (files.length) {
        event.preventDefault();
        files.reduce((before, file) => before.then(() => this.photo(file)), Promise.resolve());
      } else if (!/^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) {
        const lines = event.clipboardData.getData("text").split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
        if (lines.length) this.take(lines.map((text) => ({ text })), "typed");
      }
    });
  }
}

const CAMERA_TROUBLE = {
  NotAllowedError: "camera-denied",
  NotFoundError: "camera-missing",
  NotReadableError: "camera-busy",
  InsecureContext: "camera-insecure",
};
const COLOURS = { clear: "#3ddc84", again: "#ffb020", unknown: "#b7c3d6", stop: "#ff4d57" };

// State is never colour alone, on the picture neither.
function drawTick(pen, symbol, width) {
  const x = symbol.corners.reduce((sum, corner) => sum + corner[0], 0) / 4;
  const y = symbol.corners.reduce((sum, corner) => sum + corner[1], 0) / 4;
  const size = width / 60;
  pen.beginPath();
  if (symbol.tone === "stop") {
    pen.moveTo(x - size, y - size);
    pen.lineTo(x + size, y + size);
    pen.moveTo(x + size, y - size);
    pen.lineTo(x - size, y + size);
  } else if (symbol.tone === "clear") {
    pen.moveTo(x - size, y);
    pen.lineTo(x - size / 4, y + size * 0.8);
    pen.lineTo(x + size, y - size * 0.8);
  }
  pen.stroke();
}

function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** A line for one reading, as every working screen shows it. */
export function readingLine(reading, { side = "", onRemove = null, fresh = false } = {}) {
  const tone = reading.problem ? "stop" : (reading.tone ?? "clear");
  const details = [
    reading.lot && `${say("lot")} ${reading.lot}`,
    reading.expiry && `${say("expires")} ${reading.expiry}`,
    reading.inside && reading.inside,
  ].filter(Boolean).join(" · ");
  const line = make("li", { class: `item ${tone}${fresh ? " fresh" : ""}`, "data-epc": reading.epc },
    icon(tone),
    make("div", {},
      make("div", { class: "name" }, reading.product || reading.name || say("unknown-product")),
      make("div", { class: "detail code" }, reading.hri || reading.text),
      make("div", { class: "detail" }, details),
      reading.problem ? make("div", { class: "trouble" }, reading.problem) : null),
    make("div", { class: "side" }, !reading.problem && reading.word, side));
  if (onRemove) {
    const button = make("button", { class: "plain square", type: "button", "aria-label": say("remove") }, icon("remove"));
    button.addEventListener("click", onRemove);
    line.append(button);
  }
  return line;
}
