// A pick list beside what was scanned: wanted, scanned, left; and which lot expires first and so goes first.

import { get, make, note, post, say, state } from "./say.js";
import { nameOf, productNames } from "./words.js";

/**
 * The lines of a pick list as {gtin, wanted}, and what could not be understood. A line is a product and how
 * many packs: "09521321000018;60", "Amoxicillin 60". The product is its number, or words of one name.
 */
export function parsePicks(text, names) {
  const picks = new Map();
  const problems = [];
  text.split(/\r?\n/).forEach((row, n) => {
    const line = row.replaceAll('"', "").trim();
    if (!line) return;
    const [, product = "", amount] = line.match(/^(.*?)[\s;,\t×x*:]+(\d{1,6})$/) ?? [];
    const gtin = gtinOf(product, names);
    if (!amount && n === 0) return; // a heading
    if (!amount || !Number(amount)) problems.push(say("pick-no-amount", { line }));
    else if (!gtin) problems.push(say("pick-no-product", { line }));
    else picks.set(gtin, (picks.get(gtin) ?? 0) + Number(amount));
  });
  return { picks: [...picks].map(([gtin, wanted]) => ({ gtin, wanted })), problems };
}

function gtinOf(product, names) {
  if (/^\d{8,14}$/.test(product)) return product.padStart(14, "0");
  const words = product.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = Object.keys(names).filter((gtin) => words.every((word) => names[gtin].toLocaleLowerCase().includes(word)));
  return words.length && found.length === 1 ? found[0] : "";
}

function standing(wanted, left) {
  if (!wanted) return state("again", say("pick-not-wanted"));
  if (left > 0) return make("span", { class: "nowrap" }, say("pick-left", { n: left }));
  return left === 0 ? state("clear", say("pick-complete")) : state("again", say("pick-over", { n: -left }));
}

export class Picking {
  #stock = []; // {gtin, lot, expiry, packs}, first to expire first
  #contents = new Map(); // container EPC -> the same shares inside it

  /** `root` is the panel of the pick list; `onLearned()` runs when what the lines say has changed. */
  constructor(root, onLearned) {
    Object.assign(this, { root, onLearned, readings: [], total: { done: 0, of: 0 } });
    this.field = root.querySelector("textarea");
    this.field.addEventListener("input", () => this.draw());
    const adding = root.querySelector("form");
    adding.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add(adding.elements);
    });
    this.#load(adding.elements.product);
  }

  async #load(choice) {
    try {
      this.#stock = (await get("/ship/stock.json")).lots;
    } catch {
      return; // nothing is suggested then; the list works without
    }
    const held = new Set(this.#stock.map(({ gtin }) => gtin));
    choice.append(...[...held].map((gtin) => make("option", { value: gtin }, nameOf(gtin))));
    this.onLearned();
    this.draw();
  }

  #add({ product, amount }) {
    if (!product.value || !(amount.valueAsNumber > 0)) return;
    const line = `${product.value} ${amount.valueAsNumber}`;
    this.field.value = [this.field.value.trim(), line].filter(Boolean).join("\n");
    amount.value = "";
    this.draw();
  }

  /** Takes in what is scanned by now. */
  async show(readings) {
    this.readings = readings;
    this.draw();
    const unknown = readings.filter(({ kind, epc }) => kind !== "pack" && !this.#contents.has(epc)).map(({ epc }) => epc);
    if (!unknown.length) return;
    for (const epc of unknown) this.#contents.set(epc, []);
    try {
      const { contents } = await post("/ship/contents.json", { epcs: unknown });
      for (const [epc, shares] of Object.entries(contents)) this.#contents.set(epc, shares);
    } catch {
      for (const epc of unknown) this.#contents.delete(epc);
      return;
    }
    this.onLearned();
    this.draw();
  }

  #sharesOf({ kind, epc, gtin, lot, expiry }) {
    return kind === "pack" ? [{ gtin, lot, expiry, packs: 1 }] : this.#contents.get(epc) ?? [];
  }

  /** Packs scanned, by `key` of their lot. */
  #counts(key) {
    const counts = new Map();
    for (const share of this.readings.flatMap((reading) => this.#sharesOf(reading))) {
      counts.set(key(share), (counts.get(key(share)) ?? 0) + share.packs);
    }
    return counts;
  }

  /** Lots of a product at hand of which something is left, first to expire first. */
  #left(gtin) {
    const scanned = this.#counts((share) => `${share.gtin} ${share.lot}`);
    return this.#stock.filter((lot) => lot.gtin === gtin)
      .map((lot) => ({ ...lot, packs: lot.packs - (scanned.get(`${gtin} ${lot.lot}`) ?? 0) })).filter(({ packs }) => packs > 0);
  }

  /** A mild word on a line whose lot is not the first to expire; empty where it is. */
  sooner(reading) {
    const shares = this.#sharesOf(reading).filter(({ expiry }) => expiry);
    for (const { gtin, expiry } of shares) {
      const [first] = this.#left(gtin);
      if (first && first.expiry < expiry) return say("expires-sooner", { lot: first.lot, expiry: first.expiry });
    }
    return "";
  }

  draw() {
    const { picks, problems } = parsePicks(this.field.value, productNames());
    const scanned = this.#counts(({ gtin }) => gtin);
    const wanted = new Set(picks.map(({ gtin }) => gtin));
    const more = [...scanned.keys()].filter((gtin) => !wanted.has(gtin)).map((gtin) => ({ gtin, wanted: 0 }));
    const rows = picks.length ? [...picks, ...more] : [];
    this.root.querySelector("[data-problems]").replaceChildren(...problems.map((text) => note("again", text)));
    this.root.querySelector("table").hidden = rows.length === 0;
    this.root.querySelector("tbody").replaceChildren(...rows.map((row) => this.#row(row, scanned.get(row.gtin) ?? 0)));
    this.total = { done: picks.reduce((sum, { gtin, wanted: all }) => sum + Math.min(all, scanned.get(gtin) ?? 0), 0),
      of: picks.reduce((sum, { wanted: all }) => sum + all, 0) };
  }

  #row({ gtin, wanted }, done) {
    const left = wanted - done;
    const [first] = this.#left(gtin);
    const hint = left > 0 && first ? say("take-first", first) : left > 0 ? say("none-left") : "";
    const cell = (label, ...content) => make("td", { "data-label": label, class: label ? "number" : "" }, ...content);
    return make("tr", {},
      make("td", {}, make("span", { class: "strong" }, nameOf(gtin)), hint ? make("div", { class: "small quiet" }, hint) : null),
      cell(say("pick-wanted"), String(wanted || "–")), cell(say("pick-scanned"), String(done)),
      cell("", standing(wanted, left)));
  }
}
