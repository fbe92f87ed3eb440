// Goods that nobody signed for handing over: received as what they are, unmatched, with what their labels say.

import { compose } from "./events.js";

const LARGEST = 1000; // items in one statement

/** The key of a label: packs of one lot and expiry share a statement, which says both once. */
const labelOf = (reading) => (reading.kind === "pack" && !reading.known ? [reading.lot ?? "", reading.expiry ?? ""].join("\n") : "\n");

/**
 * Receipts without a dispatch for readings, one a lot and at most 1000 items each. `evidence` is scanned, or
 * claimed where the codes come out of a file.
 */
export function unmatchedReceipts(readings, { site, signer, evidence }) {
  const groups = new Map();
  for (const reading of readings) {
    const key = labelOf(reading);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(reading.epc);
  }
  return [...groups].flatMap(([key, items]) => {
    const [lot, expiry] = key.split("\n");
    const made = [];
    for (let first = 0; first < items.length; first += LARGEST) {
      made.push(compose("received", {
        items: items.slice(first, first + LARGEST), site, signer, evidence, label: lot || expiry ? { lot, expiry } : undefined,
      }));
    }
    return made;
  });
}
