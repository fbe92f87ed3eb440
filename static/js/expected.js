// Expected against scanned: one row for everything announced and everything found, each with its state and,
// where it is a difference, its kind: missing, extra, damaged, wrong_product, product_without_data,
// data_without_product.

import { readingLine } from "./lines.js";
import { icon, make, say, state } from "./say.js";

/**
 * Rows of {epc, reading, tone, word, more, exception, amount, expected, scanned}. `expected` and `scanned` map EPCs
 * to readings; `counted` maps opened containers to {all, seen}; `missing` maps them to packs declared missing;
 * `damaged` is a set of EPCs; `topOf(reading)` is the announced item that a reading is, or is inside of.
 */
export function compareAll({ dispatch, expected, scanned, counted, missing, damaged, topOf }) {
  const rows = [];
  for (const item of expected.values()) {
    const inside = counted.get(item.epc);
    const found = inside ? opened(item, inside) : scanned.has(item.epc) ? sealed(item) : waiting(item);
    rows.push({ ...found, epc: item.epc, reading: item, amount: 1, expected: true, scanned: false });
    const gone = missing.get(item.epc) ?? [];
    if (gone.length) rows.push({ epc: item.epc, reading: item, tone: "again", word: say("state-missing"), exception: "missing", amount: gone.length, items: gone });
  }
  for (const reading of scanned.values()) rows.push({ ...judge(reading, { dispatch, damaged, topOf }), epc: reading.epc, reading, amount: 1, scanned: true });
  return rows;
}

function opened(item, { all, seen }) {
  const whole = seen.size >= all.size;
  return { tone: whole ? "clear" : "again", word: "", more: say("state-opened", { seen: seen.size, all: all.size }), exception: "" };
}

function sealed(item) {
  const box = item.kind !== "pack";
  return { tone: "clear", word: say(box ? "state-sealed" : "state-here"), more: box && item.packs ? say("state-inferred", { n: item.packs }) : "", exception: "" };
}

const waiting = () => ({ tone: "unknown", word: say("state-waiting"), exception: "data_without_product", late: say("state-no-product") });

function judge(reading, { dispatch, damaged, topOf }) {
  if (damaged.has(reading.epc)) return { tone: "again", word: say("state-damaged"), exception: "damaged" };
  if (topOf(reading)) return { tone: "clear", word: "", exception: "" };
  if (!reading.known) return { tone: "unknown", word: say("state-no-data"), exception: "product_without_data" };
  if (dispatch && reading.gtin && !dispatch.gtins.includes(reading.gtin)) return { tone: "again", word: say("state-wrong"), exception: "wrong_product" };
  return { tone: "again", word: say("state-extra"), exception: "extra" };
}

/** A row as a line of the expected or the scanned list. */
export function lineOf({ reading, tone, word, more, exception, scanned }, { fresh = null, onDamaged = null, onRemove = null } = {}) {
  const line = readingLine({ ...reading, tone, word }, { fresh: reading.epc === fresh, onRemove });
  const side = line.querySelector(".side");
  if (more) side.append(word ? make("br") : "", more);
  if (scanned && onDamaged) {
    const button = make("button", {
      type: "button", class: "plain square", "data-damaged": true, "aria-pressed": String(exception === "damaged"), "aria-label": say("mark-damaged"), title: say("mark-damaged"),
    }, icon("damaged"));
    button.addEventListener("click", onDamaged);
    side.append(button);
  }
  return line;
}

/** The differences, each with a place for the button that opens a thread about it; null where there is none. */
export function differenceList(rows, dispatch) {
  const found = rows.filter(({ exception }) => exception);
  if (found.length === 0) return null;
  return make("ul", { class: "list differences", role: "list", "aria-label": say("differences") }, ...found.slice(0, 300).map((row) =>
    make("li", { "data-exception-kind": row.exception, "data-epc": row.epc, "data-dispatch": dispatch, "data-amount": row.amount, "data-items": row.items?.join(" ") },
      make("div", {},
        make("div", { class: "strong" }, row.reading.product || row.reading.name || say("unknown-product")),
        make("div", { class: "small quiet code" }, row.reading.hri || row.reading.text)),
      state(row.tone === "clear" ? "again" : row.tone, (row.late ?? row.word) + (row.amount > 1 ? ` (${row.amount})` : "")),
      make("span", { "data-report": true }))));
}
