// Take over what arrived: expected against scanned, the differences before anything is signed.

import { totals, usable } from "./basket.js";
import { compose } from "./events.js";
import { compareAll, differenceList, lineOf } from "./expected.js";
import { count, get, make, note, say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";
import { unmatchedReceipts } from "./unmatched.js";

const root = document.getElementById("receiving");
const dispatches = JSON.parse(root.dataset.dispatches);
const compare = document.getElementById("compare");
const differences = document.getElementById("differences");
// A page that was kept for working offline was made for no delivery or another: the address says which.
const wanted = new URLSearchParams(location.search).get("dispatch") ?? root.dataset.chosen;
let chosen = dispatches.find((one) => one.id === wanted) ?? null;
const scanned = new Map(); // EPC -> reading
const counted = new Map(); // container EPC -> { all: Set of its packs, seen: Map of pack -> what was scanned for it }
const missing = new Map(); // container EPC -> packs that the person says are not there
const damaged = new Set(); // EPCs that the person says are damaged
let isHolding = false; // whether what is signed now is that they are held

const expected = () => new Map((chosen?.items ?? []).map((item) => [item.epc, item]));
const announcedTop = (reading) => [reading.epc, ...(reading.within ?? [])].find((epc) => expected().has(epc));

function findDispatch(reading) {
  const places = [reading.epc, ...(reading.within ?? [])];
  return dispatches.find((one) => one.items.some((item) => places.includes(item.epc))) ?? null;
}

async function take(reading) {
  chosen ??= findDispatch(reading);
  const top = announcedTop(reading);
  if (top && top !== reading.epc) await tickInside(top, reading);
  draw(reading.epc);
  signing.refresh();
}

async function packsIn(epc) {
  const { packs } = await get(`/api/contents?epc=${encodeURIComponent(epc)}`);
  return packs;
}

/** Something inside an announced container was scanned: that opens it, and its packs are counted. */
async function tickInside(container, reading) {
  if (!counted.has(container)) counted.set(container, { all: new Set(await packsIn(container)), seen: new Map() });
  const found = reading.kind === "pack" ? [reading.epc] : await packsIn(reading.epc);
  for (const epc of found) counted.get(container).seen.set(epc, reading.epc);
}

function onReading(reading) {
  if (!usable(reading)) return "trouble";
  if (scanned.has(reading.epc) && !reading.twins) return "duplicate";
  scanned.set(reading.epc, reading);
  take(reading);
  return reading.twins ? "trouble" : "read";
}

/** Announced items that are here: scanned themselves, or opened and something in them scanned. */
function present() {
  return [...expected().keys()].filter((epc) => scanned.has(epc) || counted.has(epc));
}

const extra = () => [...scanned.values()].filter((reading) => !announcedTop(reading));
const unseen = ({ all, seen }) => [...all].filter((epc) => !seen.has(epc));

/** Damaged goods are received first, since they are here, and then held. */
function holdDamaged() {
  const button = make("button", { type: "button", "data-hold": true }, say("hold-damaged"));
  button.addEventListener("click", () => {
    isHolding = true;
    button.disabled = true;
    signing.rename(say("hold-damaged"));
    signing.refresh();
  });
  differences.replaceChildren(note("again", say("damaged-received", { what: totals([...damaged].map((epc) => scanned.get(epc))) }), make("p", {}, button)));
}

function signed() {
  if (isHolding) differences.replaceChildren();
  else if (damaged.size) holdDamaged();
}

function drafts() {
  if (isHolding) return [compose("held", { items: [...damaged], site: me.site, signer: me.name, evidence: "scanned", reason: say("state-damaged") })];
  if ([...scanned.values()].some((reading) => reading.twins)) return null;
  const made = [];
  const here = present();
  const common = { site: me.site, signer: me.name, evidence: "scanned" };
  // Whatever was scanned inside an opened container is named beside it: its evidence is then its own code.
  const named = here.flatMap((epc) => [epc, ...insideScanned(epc)]);
  if (here.length) {
    const gone = here.flatMap((epc) => missing.get(epc) ?? []);
    const complete = here.every((epc) => expected().get(epc).kind === "pack" || (counted.has(epc) && unseen(counted.get(epc)).length === 0));
    const owners = chosen.owner === me.party ? [chosen.from, me.party] : undefined;
    made.push(compose("received", {
      ...common, items: named, missing: gone, ref: [chosen.id], owners,
      disposition: complete ? "completeness_verified" : "completeness_inferred",
      ends: { sender: chosen.from, senderSite: chosen.fromSite, receiver: me.party, receiverSite: me.site },
    }));
  }
  made.push(...unmatchedReceipts(extra(), common));
  return made.length ? made : null;
}

/** Codes scanned inside an opened container: packs, and cases that stand for the packs in them. */
const insideScanned = (container) => [...new Set(counted.get(container)?.seen.values() ?? [])].filter((epc) => epc !== container);

/** What was declared missing and is found after all, is not missing any more. */
function recount() {
  for (const epc of [...missing.keys()]) {
    const rest = counted.has(epc) ? unseen(counted.get(epc)) : [];
    if (rest.length) missing.set(epc, rest);
    else missing.delete(epc);
  }
}

function draw(fresh = null) {
  recount();
  const lines = (name, nodes) => compare.querySelector(`[data-lines="${name}"]`).replaceChildren(...nodes);
  const rows = compareAll({ dispatch: chosen, expected: expected(), scanned, counted, missing, damaged, topOf: announcedTop });
  const awaited = rows.filter((row) => row.expected);
  const here = rows.filter((row) => row.scanned).reverse();
  lines("expected", awaited.map((row) => lineOf(row)));
  lines("scanned", here.map((row) => lineOf(row, { fresh, onDamaged: () => toggleDamaged(row.epc), onRemove: () => drop(row.epc) })));
  compare.querySelector('[data-empty="expected"]').hidden = awaited.length > 0;
  compare.querySelector('[data-empty="scanned"]').hidden = scanned.size > 0;
  compare.querySelector('[data-total="expected"]').textContent = totals([...expected().values()]);
  compare.querySelector('[data-total="scanned"]').textContent = totals([...scanned.values()]);
  scanner.expect(present().length, expected().size);
  differences.replaceChildren(...(scanned.size ? tellDifferences(rows) : []));
  // Whoever opens threads about differences listens here: each row has its kind, and a place for a button.
  differences.dispatchEvent(new CustomEvent("differences", { bubbles: true, detail: { dispatch: chosen?.id ?? "", rows: rows.filter(({ exception }) => exception) } }));
}

function toggleDamaged(epc) {
  if (!damaged.delete(epc)) damaged.add(epc);
  draw();
}

function tellDifferences(rows) {
  const notes = [];
  const of = (...kinds) => rows.filter(({ exception }) => kinds.includes(exception)).map(({ reading }) => reading);
  const absent = of("data_without_product");
  const more = extra();
  if (absent.length) notes.push(note("again", say("absent", { what: totals(absent) })));
  if (more.length) notes.push(note("again", say("extra", { what: totals(more) })));
  for (const [epc, inside] of counted) {
    const rest = unseen(inside);
    if (rest.length) notes.push(missingChoice(epc, rest));
  }
  if (!notes.length && chosen) notes.push(note("clear", say("all-there")));
  const list = differenceList(rows, chosen?.id ?? "");
  return list ? [...notes, list] : notes;
}

function missingChoice(epc, rest) {
  const tick = make("input", { type: "checkbox", checked: missing.has(epc) });
  tick.addEventListener("change", () => {
    if (tick.checked) missing.set(epc, rest);
    else missing.delete(epc);
    draw();
    signing.refresh();
  });
  return note("again", say("not-seen", { what: count("pack", rest.length) }), make("label", { class: "tick" }, tick, say("declare-missing")));
}

function drop(epc) {
  scanned.delete(epc);
  damaged.delete(epc);
  for (const [container, { seen }] of counted) {
    for (const [pack, by] of seen) if (by === epc) seen.delete(pack);
    if (seen.size === 0) counted.delete(container);
  }
  draw();
  signing.refresh();
}

function inside() {
  if (isHolding) return new Map();
  const known = new Map([...scanned.values(), ...expected().values()].map((one) => [one.epc, one.packs ?? 0]));
  for (const container of counted.keys()) for (const epc of insideScanned(container)) known.set(epc, null);
  return known;
}

const signing = new Signing(document.getElementById("signing"), { drafts, inside, onSigned: signed });
const scanner = new Scanner(document.getElementById("scanner"), onReading);
draw();
