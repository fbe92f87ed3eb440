// What was scanned so far: a list that knows each item once, newest on top.

import { count } from "./say.js";
import { readingLine } from "./lines.js";

export class Basket {
  constructor(root, { onChange, side = () => "", hint = () => "" }) {
    this.root = root;
    this.items = new Map();
    this.onChange = onChange;
    this.side = side;
    this.hint = hint;
  }

  /** Takes a reading in; "duplicate" where it is there already. */
  add(reading) {
    if (this.items.has(reading.epc)) return reading.twins ? this.#twin(reading) : "duplicate";
    this.items.set(reading.epc, reading);
    this.draw(reading.epc);
    this.onChange();
    return reading.problem ? "trouble" : "read";
  }

  remove(epc) {
    this.items.delete(epc);
    this.draw();
    this.onChange();
  }

  clear() {
    this.items.clear();
    this.draw();
  }

  // Which of the two packs is the true one, nobody can say here: the line stays until a person removes it.
  #twin(reading) {
    this.items.set(reading.epc, reading);
    this.draw();
    this.onChange();
    return "trouble";
  }

  /** Whether one of them was seen on two packs at once: nothing is signed then. */
  get hasTwins() {
    return [...this.items.values()].some((reading) => reading.twins);
  }

  /** EPCs in the order in which they were scanned. */
  get epcs() {
    return [...this.items.keys()];
  }

  /** What can be signed for: everything without a problem of its own. */
  get sound() {
    return [...this.items.values()].filter((reading) => !reading.problem).map((reading) => reading.epc);
  }

  /** Packs known to be inside each item. */
  get inside() {
    return new Map([...this.items.values()].map((reading) => [reading.epc, reading.packs ?? 0]));
  }

  /** Marks an item with what the rules said about it. */
  blame(epc, problem) {
    const reading = this.items.get(epc);
    if (!reading || reading.problem === problem) return;
    this.items.set(epc, { ...reading, problem });
    this.draw();
  }

  draw(fresh = null) {
    const newest = [...this.items.values()].reverse();
    const lines = newest.slice(0, 500).map((reading) =>
      readingLine(reading, {
        side: this.side(reading), hint: this.hint(reading), fresh: reading.epc === fresh, onRemove: () => this.remove(reading.epc),
      }));
    this.root.querySelector("[data-lines]").replaceChildren(...lines);
    this.root.querySelector("[data-empty]").hidden = this.items.size > 0;
    this.root.querySelector("[data-total]").textContent = totals(newest);
  }
}

/** "12 packs · 2 containers". */
export function totals(readings) {
  const counts = {};
  for (const { kind } of readings) counts[kind] = (counts[kind] ?? 0) + 1;
  return ["pack", "case", "unit", "asset"].filter((kind) => counts[kind]).map((kind) => count(kind, counts[kind])).join(" · ");
}

/** Whether a reading can be worked with at all; what cannot stays under the scanner as a sentence. */
export const usable = (reading) => Boolean(reading.epc);
