// A line for one reading, as every working screen shows it.

import { icon, make, say } from "./say.js";

/** A list item; `side` is said at its end, `hint` below it, `onRemove` gives it a button. */
export function readingLine(reading, { side = "", hint = "", onRemove = null, fresh = false } = {}) {
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
      hint ? make("div", { class: "hint" }, hint) : null,
      reading.problem ? make("div", { class: "trouble" }, reading.problem) : null),
    make("div", { class: "side" }, !reading.problem && reading.word, side));
  if (onRemove) {
    const button = make("button", { class: "plain square", type: "button", "aria-label": say("remove") }, icon("remove"));
    button.addEventListener("click", onRemove);
    line.append(button);
  }
  return line;
}

// Elements of fixed length on packs and containers (GS1 General Specifications 7.8.5); others end with GS.
const FIXED = { "00": 18, "01": 14, "02": 14, 11: 6, 13: 6, 15: 6, 17: 6 };

/** A code that the server has not explained yet, as people read it: (01)… (21)…; what it is not, as it is. */
export function bracketedText(text) {
  const said = [];
  let rest = text.replace(/^\x1d/, "");
  while (/^\d\d/.test(rest)) {
    const ai = rest.slice(0, 2);
    if (!FIXED[ai] && !/^(10|21|22|37)/.test(ai)) break;
    const end = FIXED[ai] ? 2 + FIXED[ai] : rest.search(/\x1d|$/);
    said.push(`(${ai})${rest.slice(2, end)}`);
    rest = rest.slice(end).replace(/^\x1d/, "");
  }
  return [...said, rest.replaceAll("\x1d", " ")].filter(Boolean).join(" ");
}
