// Take over what arrived: expected against scanned, the differences before anything is signed.

import { totals, usable } from "./basket.js";
import { compose } from "./events.js";
import { readingLine } from "./lines.js";
import { count, get, make, note, say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";

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

const absent = () => [...expected().values()].filter((item) => !scanned.has(item.epc) && !counted.has(item.epc));
const extra = () => [...scanned.values()].filter((reading) => !announcedTop(reading));
const unseen = ({ all, seen }) => [...all].filter((epc) => !seen.has(epc));

function drafts() {
  if ([...scanned.values()].some((reading) => reading.twins)) return null;
  const made = [];
  const here = present();
  const common = { site: me.site, signer: me.name, evidence: "scanned" };
  if (here.length) {
    const gone = here.flatMap((epc) => missing.get(epc) ?? []);
    const complete = here.every((epc) => expected().get(epc).kind === "pack" || (counted.has(epc) && unseen(counted.get(epc)).length === 0));
    const owners = chosen.owner === me.party ? [chosen.from, me.party] : undefined;
    made.push(compose("received", {
      ...common, items: here, missing: gone, ref: [chosen.id], owners,
      disposition: complete ? "completeness_verified" : "completeness_inferred",
      ends: { sender: chosen.from, senderSite: chosen.fromSite, receiver: me.party, receiverSite: me.site },
    }));
  }
  const more = extra().map((reading) => reading.epc);
  if (more.length) made.push(compose("received", { ...common, items: more, site: me.site }));
  return made.length ? made : null;
}

function draw(fresh = null) {
  const lines = (name, nodes) => compare.querySelector(`[data-lines="${name}"]`).replaceChildren(...nodes);
  const awaited = [...expected().values()];
  lines("expected", awaited.map(expectedLine));
  lines("scanned", [...scanned.values()].reverse().map((reading) => readingLine(
    { ...reading, tone: announcedTop(reading) ? "clear" : "again", word: announcedTop(reading) ? "" : say("not-announced") },
    { fresh: reading.epc === fresh, onRemove: () => drop(reading.epc) })));
  compare.querySelector('[data-empty="expected"]').hidden = awaited.length > 0;
  compare.querySelector('[data-empty="scanned"]').hidden = scanned.size > 0;
  compare.querySelector('[data-total="expected"]').textContent = totals(awaited);
  compare.querySelector('[data-total="scanned"]').textContent = totals([...scanned.values()]);
  scanner.expect(present().length, awaited.length);
  differences.replaceChildren(...(scanned.size ? tellDifferences() : []));
}

function expectedLine(item) {
  const inside = counted.get(item.epc);
  const here = scanned.has(item.epc) || inside;
  const line = readingLine({ ...item, tone: here ? "clear" : "unknown", word: here ? "" : say("not-yet") });
  if (inside) line.querySelector(".side").append(say("seen-of", { seen: inside.seen.size, all: inside.all.size }));
  return line;
}

function tellDifferences() {
  const notes = [];
  if (absent().length) notes.push(note("again", say("absent", { what: totals(absent()) })));
  if (extra().length) notes.push(note("again", say("extra", { what: totals(extra()) })));
  for (const [epc, inside] of counted) {
    const rest = unseen(inside);
    if (rest.length) notes.push(missingChoice(epc, rest));
  }
  if (!notes.length && chosen) notes.push(note("clear", say("all-there")));
  return notes;
}

function missingChoice(epc, rest) {
  const tick = make("input", { type: "checkbox", checked: missing.has(epc) });
  tick.addEventListener("change", () => {
    if (tick.checked) missing.set(epc, rest);
    else missing.delete(epc);
    signing.refresh();
  });
  if (missing.has(epc)) missing.set(epc, rest);
  return note("again", say("not-seen", { what: count("pack", rest.length) }), make("label", { class: "tick" }, tick, say("declare-missing")));
}

function drop(epc) {
  scanned.delete(epc);
  for (const [container, { seen }] of counted) {
    for (const [pack, by] of seen) if (by === epc) seen.delete(pack);
    if (seen.size === 0) counted.delete(container);
  }
  draw();
  signing.refresh();
}

const inside = () => new Map([...scanned.values(), ...expected().values()].map((one) => [one.epc, one.packs ?? 0]));
const signing = new Signing(document.getElementById("signing"), { drafts, inside });
const scanner = new Scanner(document.getElementById("scanner"), onReading);
draw();
