// The camera's tools under its picture: which camera, light, zoom, mirror, freeze, stop. A tool is shown
// where the device has it.

import { make, say } from "./say.js";

const MOST_STILL = 6; // times a frozen picture can be enlarged

export class Tools {
  #mirrored = null; // as the person wants it; null: as the camera faces

  /** `on`: {choose(device), freeze(), stop(), redraw()}. */
  constructor(root, camera, on) {
    this.root = root;
    this.camera = camera;
    this.on = on;
    this.view = root.querySelector(".viewfinder");
    this.cameras = root.querySelector("[data-cameras]");
    this.slider = root.querySelector("[data-zoom]");
    this.cameras.addEventListener("change", () => on.choose(this.cameras.value));
    this.slider.addEventListener("input", () => this.#zoom(this.slider.valueAsNumber));
    this.#button("stop", on.stop);
    this.#button("freeze", on.freeze);
    this.#button("mirror", () => this.#mirror(!this.mirrored));
    this.#button("light", (button) => this.#light(button));
  }

  #button(name, press) {
    const button = this.root.querySelector(`[data-tool="${name}"]`);
    button.addEventListener("click", () => press(button));
    return button;
  }

  #tool(name) {
    return this.root.querySelector(`[data-tool="${name}"]`);
  }

  get #isFrozen() {
    return this.view.classList.contains("frozen");
  }

  /** Whether the picture is shown as in a mirror. */
  get mirrored() {
    return this.camera.isOpen && (this.#mirrored ?? this.camera.facesPerson);
  }

  /** Shows what the camera that is open now can do. */
  async show() {
    const live = this.camera.isOpen;
    this.root.querySelector(".camera-tools").hidden = !live;
    if (!live) return;
    const kept = localStorage.getItem("mirror");
    this.#mirrored = kept === null ? null : kept === "on";
    this.#showMirror();
    this.#tool("light").hidden = !this.camera.hasTorch;
    this.#tool("light").setAttribute("aria-pressed", "false");
    this.frozen(false);
    await this.#showCameras();
  }

  async #showCameras() {
    const choices = await this.camera.choices();
    this.cameras.replaceChildren(...choices.map(({ id, label, current }, n) =>
      make("option", { value: id, selected: current }, label || `${say("camera")} ${n + 1}`)));
    this.cameras.hidden = choices.length < 2;
  }

  /** Shows that the picture is a still, which can be enlarged by itself, or live again. */
  frozen(on) {
    this.view.classList.toggle("frozen", on);
    this.view.querySelector(".picture").tabIndex = on ? 0 : -1; // scrolled by its keys
    this.#tool("freeze").setAttribute("aria-pressed", String(on));
    const { least, most, step, now } = on ? { least: 1, most: MOST_STILL, step: 0.5, now: 1 } : this.camera.zooms;
    Object.assign(this.slider, { min: least, max: most, step });
    this.slider.value = now;
    this.view.style.setProperty("--still-zoom", "1");
    this.view.style.setProperty("--cut", String(this.camera.cut));
  }

  async #zoom(times) {
    if (this.#isFrozen) this.view.style.setProperty("--still-zoom", String(times));
    else this.view.style.setProperty("--cut", String(await this.camera.zoom(times)));
    this.on.redraw();
  }

  #mirror(on) {
    this.#mirrored = on;
    localStorage.setItem("mirror", on ? "on" : "off");
    this.#showMirror();
    this.on.redraw();
  }

  #showMirror() {
    this.view.classList.toggle("mirrored", this.mirrored);
    this.#tool("mirror").setAttribute("aria-pressed", String(this.mirrored));
  }

  async #light(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    await this.camera.light(on);
    button.setAttribute("aria-pressed", String(on));
  }
}
