// The stock as the server last told it, kept on this device for when the server is away: what the party
// holds, what is on the road to it, the recalls in force. What was signed here since then counts too. It
// answers as of its time and says so; what it does not know is never clear.

import { put, read } from "./database.js";
import { stamp } from "./events.js";
import { kindOf, parse } from "./gs1.js";
import * as outbox from "./outbox.js";
import { count, fact, get, say } from "./say.js";
import { moment } from "./words.js";

const NAME = "stock";
const FRESH = 60_000; // ms in which it is not asked for again
const LARGE = 5_000; // items beyond which gathering them costs the server so much that it is asked for less often
const JUST_NOW = 300_000; // ms within which a second scan is a double scan
const STEM = "https://id.gs1.org/";
// What an act of one's own makes of an item until the server says so itself.
const AFTER = {
  dispensed: "dispensed", partly_dispensed: "active", undone: "active", held: "held", recall_held: "recall_held", released: "active",
  shipped: "sent", returned: "sent", voided: "active", received: "active", refused: "gone", destroyed: "destroyed",
  decommissioned: "decommissioned", sampled: "sampled", stolen: "stolen", lost: "lost",
};
// Kind, tone and title of a verdict, by what was found.
const VERDICTS = {
  unread: ["scanner_fault", "again", "title-again"],
  recalled: ["blocked", "blocked", "title-blocked"],
  unknown: ["data_gap", "unknown", "title-unknown"],
  unmatched: ["data_gap", "unknown", "title-unknown"],
  label: ["suspect", "stop", "title-stop"],
  alarm: ["suspect", "stop", "title-stop"],
  blocked: ["blocked", "blocked", "title-blocked"],
  expired: ["blocked", "blocked", "title-blocked"],
  "just-now": ["blocked", "again", "title-twice"],
  clear: ["clear", "clear", "title-clear-offline"],
};
const USABLE = new Set(["active", "coming", "unmatched"]);
const ALARMING = new Set(["stolen", "destroyed"]);

/** Fetches the stock anew, unless it was just fetched or nothing has changed. Resolves when it is there. */
export async function refreshStock({ force = false } = {}) {
  const kept = await keptCopy();
  const fresh = kept?.stock.items.length > LARGE ? 15 * FRESH : FRESH;
  if (kept && !force && Date.now() - kept.fetched < fresh) return true;
  const answer = await get(kept ? `/sync/stock.json?known=${kept.stock.mark}` : "/sync/stock.json");
  const stock = answer.unchanged ? { ...kept.stock, at: answer.at } : answer;
  await put("copies", { name: NAME, login: fact("login"), fetched: Date.now(), stock });
  return true;
}

async function keptCopy() {
  const kept = await read("copies", NAME);
  return kept?.login === fact("login") && kept.stock.party === fact("party") && kept.stock.log === fact("log") ? kept : null;
}

/** The synced stock with one's own later acts in it; null where this device never fetched it. */
export async function openStock() {
  const kept = await keptCopy();
  return kept ? new Stock(kept.stock, await outbox.all()) : null;
}

class Stock {
  constructor(stock, signed) {
    this.stock = stock;
    this.items = new Map();
    const epcs = stock.items.map(([path]) => STEM + path);
    stock.items.forEach(([, lot, condition, container, left], n) => {
      this.items.set(epcs[n], { lot: stock.lots[lot] ?? null, condition, container: container < 0 ? "" : epcs[container], left });
    });
    for (const one of signed) this.#follow(one);
  }

  // What is delivered already and older than the copy is in the copy.
  #follow(one) {
    const isMine = one.party === this.stock.party && one.log === this.stock.log;
    if (!isMine || one.refused || one.stuck || !AFTER[one.meaning]) return;
    if (one.position < this.stock.size) {
      for (const epc of one.items ?? []) if (this.items.has(epc)) this.items.get(epc).signed = one;
      return;
    }
    const condition = one.left === 0 ? "dispensed" : AFTER[one.meaning];
    for (const epc of one.items ?? []) {
      const item = this.items.get(epc) ?? { lot: null };
      // What is acted upon on its own is no longer in its container.
      this.items.set(epc, { ...item, condition, container: "", left: one.left ?? item.left, signed: one });
    }
  }

  /** When it was true: "14:32 +01:00". */
  get asOf() {
    return moment(stamp(new Date(this.stock.at)));
  }

  /** Units in a whole pack of a product, 0 where nobody has said. */
  unitsOf(gtin) {
    return this.stock.products[gtin]?.units ?? 0;
  }

  #product(gtin) {
    return this.stock.products[gtin]?.name ?? "";
  }

  packsIn(container) {
    return [...this.items].filter(([epc, item]) => kindOf(epc) === "pack" && this.#above(item).includes(container)).map(([epc]) => epc);
  }

  #above(item) {
    const chain = [];
    for (let at = item.container; at; at = this.items.get(at)?.container) chain.push(at);
    return chain;
  }

  /** The strictest condition of an item and what it is in. */
  #condition(item) {
    const all = [item, ...this.#above(item).map((epc) => this.items.get(epc))].map((one) => one.condition);
    return all.find((one) => !USABLE.has(one)) ?? all.find((one) => one !== "active") ?? "active";
  }

  /** A reading as the server would give it, where the code is of an item that it knows; else null. */
  reading(text) {
    const said = parse(text);
    const item = said && this.items.get(said.epc);
    if (!item) return null;
    const [tone, word] = this.stock.words[this.#condition(item)] ?? ["unknown", ""];
    const gtin = said.gtin || (item.lot?.[0] ?? "");
    const packs = this.packsIn(said.epc).length;
    return {
      ...said, text, gtin, product: this.#product(gtin), name: say("name-container"), lot: item.lot?.[1] ?? said.lot,
      expiry: item.lot?.[2] ?? said.expiry, tone, word, known: true, packs, inside: packs ? count("pack", packs) : "",
      within: this.#above(item), offline: true, problem: fact("task") !== "check" && this.#recall(said, item) ? say("offline-recalled-title") : "",
    };
  }

  /** Why something must not be used: a recall of it, of its lot or product, or of a pack in it. */
  #recall(said, item) {
    const own = this.#recallOf(said.epc, item?.lot ?? [said.gtin, said.lot]);
    if (own || !item || said.kind === "pack") return own;
    const packs = this.packsIn(said.epc).map((epc) => this.#recallOf(epc, this.items.get(epc).lot ?? [parse(epc)?.gtin]));
    return packs.find(Boolean) ?? "";
  }

  #recallOf(epc, [gtin, number]) {
    const found = this.stock.recalls.find(([ofGtin, ofLot, ofPack]) => (ofPack ? ofPack === epc : ofGtin === gtin && (!ofLot || ofLot === number)));
    return found?.[3] ?? "";
  }

  /** The verdict on a code in the words of the counter, as of the last sync. */
  verdict(text) {
    const said = parse(text);
    const item = said ? this.items.get(said.epc) : null;
    const [found, values = {}] = this.#judge(said, item);
    const [code, tone, title] = VERDICTS[found];
    const known = { when: this.asOf, ...values };
    return {
      code, tone, offline: true, reason_code: found, title: say(title, known), reason: say(`offline-${found}`, known),
      epc: said?.epc ?? "", gtin: said?.gtin ?? "", product: this.#product(said?.gtin), page: "",
      about: this.#about(said?.lot || item?.lot?.[1], said?.expiry || item?.lot?.[2]),
      offer: item ? this.#offer(said, item, code) : {},
    };
  }

  #about(lot, expiry) {
    return [lot && `${say("lot")} ${lot}`, expiry && `${say("expires")} ${expiry}`].filter(Boolean).join(" · ");
  }

  /** What was found, a key of VERDICTS, and the values of its sentence. */
  #judge(said, item) {
    if (!said) return ["unread"];
    const recall = this.#recall(said, item);
    if (recall) return ["recalled", { reason: recall }];
    if (!item) return ["unknown"];
    const [, lot, expiry] = item.lot ?? ["", said.lot, said.expiry];
    if ((said.lot && said.lot !== lot) || (said.expiry && said.expiry !== expiry)) return ["label"];
    const condition = this.#condition(item);
    if (!USABLE.has(condition)) return this.#blocked(condition, item);
    if (condition === "unmatched") return ["unmatched"];
    return [expiry && expiry < localDay() ? "expired" : "clear"];
  }

  #blocked(condition, item) {
    if (condition === "dispensed" && Date.now() - (item.signed?.at ?? 0) <= JUST_NOW) return ["just-now"];
    const [, word] = this.stock.words[condition] ?? ["", condition];
    return [ALARMING.has(condition) ? "alarm" : "blocked", { word }];
  }

  #offer(said, item, code) {
    const clear = code === "clear";
    const packs = this.packsIn(said.epc).length;
    const dispensing = item.signed && ["dispensed", "partly_dispensed"].includes(item.signed.meaning) ? item.signed : null;
    return {
      kind: said.kind, dispense: clear && said.kind === "pack", packs: clear ? packs : 0, units: this.unitsOf(item.lot?.[0] ?? said.gtin),
      left: item.left ?? undefined, hold: !clear && ["active", "unmatched"].includes(item.condition) && !item.container,
      undo: dispensing ? { ref: dispensing.id, at: dispensing.time, until: new Date(Date.parse(dispensing.time) + 240 * 3600_000).toISOString() } : undefined,
    };
  }
}

function localDay() {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
}
