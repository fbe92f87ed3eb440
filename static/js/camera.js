// The camera: opening it, what it can do, and its frames. Knows nothing of codes.

const WANTED = { width: { ideal: 1920 }, height: { ideal: 1080 } }; // a tray of small codes needs the pixels
const MOST_ZOOM = 4; // times, where the page itself enlarges

const TROUBLE = {
  NotAllowedError: "camera-denied",
  NotFoundError: "camera-missing",
  NotReadableError: "camera-busy",
  InsecureContext: "camera-insecure",
};

/** Which of the page's sentences says why a camera did not open. */
export function troubleOf(error) {
  return TROUBLE[error.name] ?? "camera-failed";
}

/** A camera shown in a `<video>`. `zoom` beyond what the device does is a cut out of the middle. */
export class Camera {
  constructor(video) {
    this.video = video;
    this.stream = null;
    this.cut = 1;
  }

  get isOpen() {
    return this.stream !== null;
  }

  get track() {
    return this.stream?.getVideoTracks()[0] ?? null;
  }

  /** Opens the camera last used, or the one named. Throws the browser's DOMException, or InsecureContext. */
  async open(device = localStorage.getItem("camera") || "") {
    this.close();
    if (!navigator.mediaDevices) throw new DOMException("", "InsecureContext");
    const choice = device ? { deviceId: { ideal: device } } : { facingMode: { ideal: "environment" } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: { ...WANTED, ...choice } });
    this.close(); // of two that were asked for at once, the later one stays
    this.stream = stream;
    this.video.srcObject = this.stream;
    await this.video.play();
    const { deviceId } = this.track.getSettings();
    if (deviceId) localStorage.setItem("camera", deviceId);
    await this.#apply(this.#can.focusMode?.includes("continuous") && { focusMode: "continuous" });
  }

  close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.cut = 1;
    this.video.srcObject = null;
  }

  /** The cameras of this device, as {id, label, current}. */
  async choices() {
    const current = this.track?.getSettings().deviceId;
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((one) => one.kind === "videoinput")
      .map(({ deviceId, label }) => ({ id: deviceId, label, current: deviceId === current }));
  }

  get #can() {
    return this.track?.getCapabilities?.() ?? {};
  }

  async #apply(setting) {
    if (!setting || !this.track) return;
    try {
      await this.track.applyConstraints({ advanced: [setting] });
    } catch {
      // A device that promised more than it does is used as it is.
    }
  }

  get hasTorch() {
    return Boolean(this.#can.torch);
  }

  light(on) {
    return this.#apply({ torch: on });
  }

  /** How far this camera zooms: {least, most, step, now}. The page enlarges where the device cannot. */
  get zooms() {
    const { zoom } = this.#can;
    if (zoom?.max > zoom?.min) {
      return { least: zoom.min, most: zoom.max, step: zoom.step || 0.1, now: this.track.getSettings().zoom ?? zoom.min };
    }
    return { least: 1, most: MOST_ZOOM, step: 0.1, now: this.cut };
  }

  /** Zooms, and returns how many times the page itself has to enlarge. */
  async zoom(times) {
    const { zoom } = this.#can;
    if (zoom?.max > zoom?.min) await this.#apply({ zoom: times });
    else this.cut = times;
    return this.cut;
  }

  /** Whether it looks at the person, who then expects a mirror. */
  get facesPerson() {
    return this.track?.getSettings().facingMode === "user";
  }

  /** What is seen now, in pixels of the camera; null before its first frame. */
  get seen() {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth) return null;
    const [width, height] = [Math.round(videoWidth / this.cut), Math.round(videoHeight / this.cut)];
    return { left: (videoWidth - width) >> 1, top: (videoHeight - height) >> 1, width, height };
  }

  /** The newest frame as an ImageBitmap, for the decoder. */
  bitmap() {
    const { left, top, width, height } = this.seen;
    return createImageBitmap(this.video, left, top, width, height);
  }

  /** The newest frame as a JPEG, for the server. */
  jpeg(quality = 0.85) {
    const { left, top, width, height } = this.seen;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").drawImage(this.video, left, top, width, height, 0, 0, width, height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
  }

  /** Resolves when the camera has a frame that was not seen before. */
  next() {
    if (!this.video.requestVideoFrameCallback) return new Promise((done) => setTimeout(done, 40));
    return new Promise((done) => {
      const timer = setTimeout(done, 500); // a camera that stalls must not stall its reader
      this.video.requestVideoFrameCallback(() => {
        clearTimeout(timer);
        done();
      });
    });
  }
}
