// What the camera sees, drawn over its picture: read (green, solid, a tick), seen and not read (amber,
// dashed, a dot and a word), stop (red, doubled, a cross). Never colour alone.

import { box, middle, sideOf } from "./corners.js";
import { say } from "./say.js";

const COLOURS = { clear: "#3ddc84", again: "#ffb020", stop: "#ff5a63" };
const INK = "#0c0e11";

export class Outlines {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  clear() {
    this.pen.setTransform(1, 0, 0, 1, 0, 0);
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * Draws marks {corners, tone, hint} of a picture of `width` × `height` pixels. `mirrored`: the picture is
   * shown so, and its outlines with it, but not their words.
   */
  draw(marks, { width, height }, mirrored = false) {
    const { clientWidth, clientHeight } = this.canvas;
    const density = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(clientWidth * density), Math.round(clientHeight * density)];
    if (this.canvas.width !== across || this.canvas.height !== down) Object.assign(this.canvas, { width: across, height: down });
    this.clear();
    if (!clientWidth || !width) return;
    this.pen.setTransform(density, 0, 0, density, 0, 0);
    const place = ([x, y]) => [(mirrored ? width - x : x) * (clientWidth / width), y * (clientHeight / height)];
    const placed = marks.map((mark) => ({ ...mark, corners: mark.corners.map(place) }));
    for (const mark of placed) this.#outline(mark);
    for (const mark of placed) this.#badge(mark);
    this.#words(placed, clientWidth, clientHeight);
  }

  #outline({ corners, tone }) {
    const { pen } = this;
    pen.lineJoin = "round";
    pen.setLineDash(tone === "again" ? [7, 5] : []);
    const strokes = tone === "stop" ? [[INK, 9], [COLOURS.stop, 7], [INK, 2]] : [[INK, 5], [COLOURS[tone], 3]];
    for (const [colour, wide] of strokes) {
      pen.strokeStyle = colour;
      pen.lineWidth = wide;
      pen.beginPath();
      corners.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.closePath();
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  #badge({ corners, tone }) {
    const { pen } = this;
    const [x, y] = middle(corners);
    const size = Math.min(11, Math.max(5, sideOf(corners) * 0.3));
    pen.beginPath();
    pen.arc(x, y, size, 0, 2 * Math.PI);
    pen.fillStyle = COLOURS[tone];
    pen.fill();
    pen.strokeStyle = INK;
    pen.fillStyle = INK;
    pen.lineWidth = Math.max(1.5, size / 4);
    pen.lineCap = "round";
    pen.beginPath();
    for (const [n, [dx, dy]] of SIGNS[tone].entries()) {
      if (tone === "stop" ? n % 2 : n) pen.lineTo(x + dx * size, y + dy * size);
      else pen.moveTo(x + dx * size, y + dy * size);
    }
    pen.stroke();
    if (tone === "again") {
      pen.beginPath();
      pen.arc(x, y, size / 3, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  // Words stand under their outline, or over it, within the picture; one that would lie over another is left out.
  #words(marks, width, height) {
    const { pen } = this;
    const taken = [];
    pen.font = `600 14px ${getComputedStyle(this.canvas).fontFamily}`;
    pen.textBaseline = "middle";
    for (const { corners, hint } of marks) {
      if (!hint) continue;
      const word = say(`hint-${hint}`);
      const wide = pen.measureText(word).width + 16;
      const [left, top, right, bottom] = box(corners);
      const x = Math.max(4, Math.min(width - wide - 4, (left + right - wide) / 2));
      const y = bottom + 32 < height ? bottom + 6 : Math.max(4, top - 30);
      if (taken.some((other) => Math.abs(other.x + other.wide / 2 - x - wide / 2) < (other.wide + wide) / 2 && Math.abs(other.y - y) < 26)) continue;
      taken.push({ x, y, wide });
      pen.fillStyle = INK;
      pen.beginPath();
      pen.roundRect(x, y, wide, 24, 6);
      pen.fill();
      pen.fillStyle = COLOURS.again;
      pen.fillText(word, x + 8, y + 12.5);
    }
  }
}

// Strokes within a disc of radius 1.
const SIGNS = {
  clear: [[-0.5, 0.05], [-0.12, 0.42], [0.5, -0.38]],
  again: [],
  stop: [[-0.4, -0.4], [0.4, 0.4], [0.4, -0.4], [-0.4, 0.4]],
};
