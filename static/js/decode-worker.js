// Reads one picture at a time, away from the page's own thread: zxing-cpp as WebAssembly, the cheap look
// first. Answers {id, symbols, leads}, corners in pixels of the picture it was given, or
// {id, failed}.

import { box, samePlace } from "./corners.js";
import { prepareZXingModule, readBarcodes } from "../vendor/zxing-wasm/dist/es/reader/index.js";

const WASM = new URL("../vendor/zxing-wasm/dist/reader/zxing_reader.wasm", import.meta.url).href;
const PLAIN = { tryInvert: false, tryDownscale: false };
const MATRIX = { ...PLAIN, formats: ["DataMatrix"], returnErrors: true };
const OTHERS = { ...PLAIN, formats: ["QRCode", "Code128"] };
// ISO/IEC 15424: rectangles of the DMRE extension, which GS1 does not carry codes in.
const NOT_GS1 = new Set(["]d8", "]d9"]);

// A place that was found and not read is looked at again, enlarged, another way with every frame: its side
// in pixels, and how. Of 24 codes of 2 px a module found and not read in a tray, each of the first three
// reads all 24, in 1 to 3 ms a code; dark ground, dots and uneven light are what the others are for.
const RUNGS = [
  { side: 256, options: {} },
  { side: 256, options: { tryInvert: true } },
  { side: 320, options: { tryDenoise: true } },
  { side: 192, options: { binarizer: "GlobalHistogram" } },
];
const MARGIN = 0.25; // of a place's side, for the quiet zone
const LARGEST = 6; // times that a place is enlarged at most
const BUDGET = 60; // ms for the places of one frame of a video; a still has no next frame

const whole = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const piece = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const utf8 = new TextDecoder("utf-8", { fatal: true });
const latin1 = new TextDecoder("latin1");

self.addEventListener("message", async ({ data }) => {
  try {
    const found = await look(data);
    self.postMessage({ id: data.id, ...found });
  } catch (error) {
    self.postMessage({ id: data.id, failed: String(error) });
  } finally {
    data.bitmap.close();
  }
});

prepareZXingModule({ overrides: { locateFile: () => WASM }, fireImmediately: true }).then(
  () => self.postMessage({ ready: true }),
  (error) => self.postMessage({ ready: false, failed: String(error) }),
);

/**
 * One picture. `others`: whether to look for QR codes and Code 128 too. `quarter`: 0 to 3, a part of the
 * picture to look at twice as large, else null. `places`: where codes are thought to be, [{corners, tries}].
 * `still`: whether this is the only picture there is.
 */
async function look({ bitmap, places = [], others = true, quarter = null, still = false }) {
  const found = { symbols: [], leads: [] };
  const picture = pixels(whole, bitmap, { left: 0, top: 0, width: bitmap.width, height: bitmap.height }, 1);
  take(found, await readBarcodes(picture, still ? { ...MATRIX, tryInvert: true, tryDownscale: true } : MATRIX));
  if (others) take(found, await readBarcodes(picture, still ? { ...OTHERS, tryDownscale: true } : OTHERS));
  for (const number of still ? [0, 1, 2, 3] : quarter === null ? [] : [quarter]) await enlarge(found, bitmap, number);
  const again = [...found.leads.map((corners) => ({ corners, tries: 0 })), ...places];
  for (const rung of still ? RUNGS.keys() : [0]) await climb(found, bitmap, again, rung, still);
  found.leads = found.leads.filter((corners) => !isRead(found, corners));
  return found;
}

/** A quarter of the picture, a little over its edges, at twice the size: small codes of a tray. */
async function enlarge(found, bitmap, number) {
  const [width, height] = [Math.round(bitmap.width * 0.56), Math.round(bitmap.height * 0.56)];
  const area = { left: number % 2 ? bitmap.width - width : 0, top: number > 1 ? bitmap.height - height : 0, width, height };
  take(found, await readBarcodes(pixels(piece, bitmap, area, 2), { ...MATRIX, returnErrors: false }), area, 2);
}

/** Looks at every place that is not read yet, the least tried first, until the time is up. */
async function climb(found, bitmap, places, rung, still) {
  const end = performance.now() + BUDGET;
  for (const { corners, tries } of [...places].sort((one, other) => one.tries - other.tries)) {
    if (!still && performance.now() > end) return;
    if (isRead(found, corners)) continue;
    const { side, options } = RUNGS[(tries + rung) % RUNGS.length];
    const area = around(corners, bitmap);
    if (area.width < 8 || area.height < 8) continue;
    const scale = Math.min(LARGEST, side / Math.max(area.width, area.height));
    const seen = await readBarcodes(pixels(piece, bitmap, area, scale), { ...MATRIX, ...options, returnErrors: false });
    take(found, seen, area, scale);
  }
}

function pixels(pen, bitmap, { left, top, width, height }, scale) {
  const [across, down] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (pen.canvas.width !== across || pen.canvas.height !== down) Object.assign(pen.canvas, { width: across, height: down });
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, left, top, width, height, 0, 0, across, down);
  return pen.getImageData(0, 0, across, down);
}

/** Adds what was read to `found`: each place once, errors as leads. */
function take(found, results, { left, top } = { left: 0, top: 0 }, scale = 1) {
  for (const one of results) {
    const { topLeft, topRight, bottomRight, bottomLeft } = one.position;
    const corners = [topLeft, topRight, bottomRight, bottomLeft].map(({ x, y }) => [x / scale + left, y / scale + top]);
    if (!one.isValid) found.leads.push(corners);
    else if (one.bytes.length && !NOT_GS1.has(one.symbologyIdentifier) && !isRead(found, corners)) {
      found.symbols.push({ text: textOf(one.bytes), symbology: one.symbologyIdentifier, format: nameOf(one.format), corners });
    }
  }
}

// UTF-8 where it is that, else Latin-1, the default of ECC 200. FNC1 is GS already.
function textOf(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
}

const nameOf = (format) => (format.startsWith("QR") ? "QRCode" : format);
function isRead(found, corners) {
  return found.symbols.some((symbol) => samePlace(symbol.corners, corners));
}

function around(corners, bitmap) {
  const [left, top, right, bottom] = box(corners);
  const side = Math.max(right - left, bottom - top) * (0.5 + MARGIN);
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const area = { left: Math.max(0, Math.floor(x - side)), top: Math.max(0, Math.floor(y - side)) };
  area.width = Math.min(bitmap.width, Math.ceil(x + side)) - area.left;
  area.height = Math.min(bitmap.height, Math.ceil(y + side)) - area.top;
  return area;
}
