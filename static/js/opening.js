// Opening stock: shelves scanned, or a list that was tried first; received as unmatched, in batches.

import { Basket, totals, usable } from "./basket.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";
import { Trial } from "./trial.js";
import { unmatchedReceipts } from "./unmatched.js";

const terms = document.getElementById("terms");
const way = () => terms.elements.way.value;
const basket = new Basket(document.getElementById("basket"), { onChange: () => signing.refresh() });
const trial = new Trial({
  address: "/stock/opening/check",
  amount: (entries) => totals(entries.map(({ reading }) => reading)),
  onChange: () => signing.refresh(),
});

function drafts() {
  const scanned = way() === "scan";
  if (scanned && basket.hasTwins) return null;
  const readings = scanned ? [...basket.items.values()].filter(({ problem }) => !problem) : trial.entries.map(({ reading }) => reading);
  if (readings.length === 0) return null;
  const site = terms.elements.site ? terms.elements.site.value : me.site;
  return unmatchedReceipts(readings, { site, signer: me.name, evidence: scanned ? "scanned" : "claimed" });
}

const root = document.getElementById("signing");
const signing = new Signing(root, {
  drafts,
  onSigned: () => {
    basket.clear();
    trial.clear();
    scanner.recount();
  },
});
// What may not be taken in is marked and left out; the rest can be signed.
root.addEventListener("checked", ({ detail }) => {
  const blamed = detail.filter(({ item }) => item && !basket.items.get(item)?.problem);
  for (const { item, text } of blamed) basket.blame(item, text);
  if (blamed.some(({ item }) => basket.items.has(item))) signing.refresh();
});
terms.addEventListener("change", () => {
  for (const part of document.querySelectorAll("[data-way]")) part.hidden = part.dataset.way !== way();
  signing.refresh();
});
const scanner = new Scanner(document.getElementById("scanner"), (reading) => (usable(reading) ? basket.add(reading) : "trouble"));
