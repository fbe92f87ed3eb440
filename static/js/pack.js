// Put packs into a case or cases on a pallet, or take them out.

import { Basket, usable } from "./basket.js";
import { compose } from "./events.js";
import { readingLine } from "./lines.js";
import { say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";
import { resolve } from "./waiting.js";

const LARGEST = 1000; // items in one statement
const terms = document.getElementById("terms");
const container = document.getElementById("container");
const basket = new Basket(document.getElementById("basket"), { onChange: () => signing.refresh() });
const all = document.getElementById("all");
let parent = null;

const packing = () => terms.elements.way.value === "packed";

function setParent(reading) {
  parent = reading;
  const lines = reading ? [readingLine(reading, { fresh: true, onRemove: () => setParent(null) })] : [];
  container.replaceChildren(...lines);
  document.getElementById("container-empty").hidden = reading !== null;
  showAll();
  signing.refresh();
}

function showAll() {
  all.hidden = packing() || parent === null;
  if (all.hidden) all.querySelector("input").checked = false;
}

function onReading(reading) {
  if (!usable(reading)) return "trouble";
  if (parent?.epc === reading.epc) {
    if (reading.twins) setParent(reading);
    return reading.twins ? "trouble" : "duplicate";
  }
  // The first label of a case or pallet is the one being filled; further ones go in.
  if (parent === null && (reading.kind === "unit" || reading.kind === "asset" || reading.kind === "case")) {
    setParent(reading);
    return "read";
  }
  return basket.add(reading);
}

function drafts() {
  const everything = !packing() && all.querySelector("input").checked;
  const items = everything ? [] : basket.epcs;
  if (basket.hasTwins || parent?.twins) return null;
  if (!parent || (!everything && items.length === 0)) return null;
  const common = { parent: parent.epc, site: me.site, signer: me.name, evidence: "scanned" };
  const meaning = packing() ? "packed" : "unpacked";
  if (everything) return [compose(meaning, common)];
  const made = [];
  for (let first = 0; first < items.length; first += LARGEST) {
    made.push(compose(meaning, { ...common, items: items.slice(first, first + LARGEST) }));
  }
  return made;
}

/** GS1 check digit (General Specifications 7.9.1). */
function checkDigit(digits) {
  const sum = [...digits].reverse().reduce((total, digit, n) => total + Number(digit) * (n % 2 ? 1 : 3), 0);
  return String((10 - (sum % 10)) % 10);
}

/** A container number of our own that was never used: extension digit, company prefix, random reference. */
function newSscc(prefix) {
  const length = 16 - prefix.length;
  const random = [...crypto.getRandomValues(new Uint8Array(length))].map((byte) => byte % 10).join("");
  const digits = `3${prefix}${random}`;
  return digits + checkDigit(digits);
}

const root = document.getElementById("signing");
const signing = new Signing(root, {
  drafts, inside: () => basket.inside,
  onSigned: () => {
    basket.clear();
    scanner.recount();
    setParent(null);
  },
});
root.addEventListener("checked", ({ detail }) => detail.forEach(({ item, text }) => item && basket.blame(item, text)));
terms.addEventListener("change", () => {
  showAll();
  signing.refresh();
});
all.querySelector("input").addEventListener("change", () => signing.refresh());
document.querySelector("[data-new]")?.addEventListener("click", async () => {
  const sscc = newSscc(terms.dataset.prefixes.split(" ")[0]);
  const reading = await resolve(`(00)${sscc}`);
  setParent({ ...reading, problem: "", tone: "clear", word: say("new") });
});
const scanner = new Scanner(document.getElementById("scanner"), onReading);
