// Put packs into a case or cases on a pallet, take them out, move some over into another, or merge whole cases.

import { Basket, totals, usable } from "./basket.js";
import { compose } from "./events.js";
import { LabelLine, labelLink } from "./label-line.js";
import { readingLine } from "./lines.js";
import { count, get, note, say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";
import { newSscc } from "./sscc.js";
import { resolve } from "./waiting.js";

const LARGEST = 1000; // items in one statement
const CONTAINERS = new Set(["unit", "asset", "case"]);
const terms = document.getElementById("terms");
const { plan, sealed, knowingly } = terms.elements;
const container = document.getElementById("container");
const from = document.getElementById("from");
const against = document.getElementById("against");
const all = document.getElementById("all");
const progress = document.querySelector(".progress");
const label = new LabelLine(document.getElementById("label"));
const basket = new Basket(document.getElementById("basket"), { onChange: () => changed(), hint: comesFrom });
const insides = new Map(); // container EPC -> EPCs directly in it, once the server has said
let parent = null; // what is filled, or emptied
let source = null; // where packs are moved over from

const way = () => terms.elements.way.value;
const putting = () => way() !== "unpacked";

// The containers

function setParent(reading) {
  parent = reading;
  const lines = reading ? [readingLine(reading, { fresh: true, onRemove: () => setParent(null) })] : [];
  container.replaceChildren(...lines);
  document.getElementById("container-empty").hidden = reading !== null;
  label.show(reading);
  changed();
}

function setSource(reading) {
  source = reading;
  const lines = reading ? [readingLine(reading, { fresh: true, onRemove: () => setSource(null) })] : [];
  from.querySelector(".list").replaceChildren(...lines);
  from.querySelector("[data-empty]").hidden = reading !== null;
  changed();
}

/** What is directly in a container; known a moment later. */
async function lookInto(epc) {
  try {
    const { items } = await get(`/pack/inside.json?epc=${encodeURIComponent(epc)}`);
    insides.set(epc, items);
  } catch (error) {
    basket.blame(epc, error.message);
  }
  signing.refresh();
}

/** A pack that is in another container comes out of it by being put in here: that is said. */
function comesFrom({ within }) {
  const outer = within?.[0];
  if (!outer || !putting() || outer === parent?.epc || outer === source?.epc) return "";
  return say("comes-out-of", { container: outer.slice(outer.lastIndexOf("/") + 1) });
}

// Scanning

function onReading(reading) {
  if (!usable(reading)) return "trouble";
  for (const [place, set] of [[parent, setParent], [source, setSource]]) {
    if (place?.epc !== reading.epc) continue;
    if (reading.twins) set(reading);
    return reading.twins ? "trouble" : "duplicate";
  }
  // The first label of a case or pallet is the one being filled; further ones go in.
  if (CONTAINERS.has(reading.kind) && takePlace(reading)) return "read";
  const wrong = misplaced(reading);
  if (wrong) {
    queueMicrotask(() => scanner.tell("again", wrong));
    return "trouble";
  }
  if (way() === "merged") lookInto(reading.epc);
  return basket.add(reading);
}

function takePlace(reading) {
  if (way() === "over" && source === null) setSource(reading);
  else if (parent === null) setParent(reading);
  else return false;
  return true;
}

function misplaced(reading) {
  if (way() === "merged" && !CONTAINERS.has(reading.kind)) return say("merge-containers");
  if (way() === "over" && source && reading.within?.[0] !== source.epc) return say("not-in-source");
  return "";
}

// What is signed

function drafts() {
  if (basket.hasTwins || parent?.twins || !parent || (way() === "over" && !source)) return null;
  const everything = !putting() && all.querySelector("input").checked;
  const items = way() === "merged" ? basket.epcs.flatMap((epc) => insides.get(epc) ?? []) : basket.epcs;
  if (!everything && items.length === 0) return null;
  if (putting() && troubled().length && !knowingly.checked) return null;
  return everything ? [compose("unpacked", common())] : inParts(items);
}

const troubled = () => [...basket.items.values()].filter((reading) => reading.problem);

function common() {
  // What lies in a merged case was not read one by one.
  const evidence = way() === "merged" ? "claimed" : "scanned";
  const reason = putting() && troubled().length ? say("packed-knowingly") : undefined;
  return { parent: parent.epc, site: me.site, signer: me.name, evidence, reason };
}

function inParts(items) {
  const made = [];
  for (let first = 0; first < items.length; first += LARGEST) {
    const last = first + LARGEST >= items.length;
    made.push(compose(putting() ? "packed" : "unpacked", {
      ...common(), items: items.slice(first, first + LARGEST), disposition: last ? completeness() : undefined,
    }));
  }
  return made;
}

/** Closed, where the person says so; complete, where all that was planned was scanned into an empty container. */
function completeness() {
  if (!putting()) return undefined;
  if (sealed.checked) return "container_closed";
  const whole = way() !== "merged" && !parent.packs && counted() === plan.valueAsNumber;
  return whole ? "completeness_verified" : undefined;
}

// The plan

const packsOf = (reading) => (reading.kind === "pack" ? 1 : reading.packs ?? 0);
const counted = () => [...basket.items.values()].reduce((sum, reading) => sum + packsOf(reading), parent?.packs ?? 0);

function showPlan() {
  const planned = plan.valueAsNumber || 0;
  const done = counted();
  progress.hidden = !planned || !putting();
  progress.className = `progress ${done === planned ? "clear" : done > planned ? "stop" : ""}`;
  progress.querySelector("strong").textContent = done > planned
    ? say("more-than-planned", { n: done, of: planned }) : say("of-planned", { n: done, of: planned });
  Object.assign(progress.querySelector("progress"), { max: planned || 1, value: Math.min(done, planned) });
  scanner.expect(putting() ? done : 0, putting() ? planned : 0);
}

function showAgainst() {
  const troubles = putting() ? troubled() : [];
  against.hidden = troubles.length === 0;
  if (against.hidden) knowingly.checked = false;
  against.querySelector("[data-what]").textContent = say("something-against", { what: totals(troubles) });
}

function showWay() {
  document.getElementById("way-hint").textContent = say(`way-${way()}`);
  document.getElementById("container-title").textContent = say(way() === "over" || way() === "merged" ? "into" : "case-or-pallet");
  from.hidden = way() !== "over";
  for (const part of document.querySelectorAll("[data-putting]")) part.hidden = !putting();
  all.hidden = putting() || parent === null;
  if (all.hidden) all.querySelector("input").checked = false;
  const left = source ? (source.packs ?? 0) - basket.epcs.length : 0;
  from.querySelector("[data-left]").textContent = source ? say("stays-inside", { what: count("pack", Math.max(0, left)) }) : "";
}

function changed() {
  showWay();
  showPlan();
  showAgainst();
  signing.refresh();
}

// The panel

const root = document.getElementById("signing");
const scanner = new Scanner(document.getElementById("scanner"), onReading);
const signing = new Signing(root, {
  drafts, inside: () => basket.inside,
  onSigned: () => {
    root.parentElement.querySelector(".receipt .row")?.append(labelLink(parent.epc, label.paper));
    basket.clear();
    scanner.recount();
    sealed.checked = false;
    setSource(null);
    setParent(null);
  },
});
root.addEventListener("checked", ({ detail }) => detail.forEach(({ item, text }) => item && basket.blame(item, text)));
terms.addEventListener("change", ({ target }) => {
  if (target.name === "way") {
    basket.clear();
    if (way() !== "over") setSource(null);
  }
  changed();
});
for (const field of [plan, sealed, knowingly, all.querySelector("input")]) field.addEventListener("input", () => changed());
document.querySelector("[data-new]")?.addEventListener("click", async () => {
  try {
    const reading = await resolve(`(00)${newSscc(terms.dataset.prefixes.split(" ")[0])}`);
    setParent({ ...reading, problem: "", tone: "clear", word: say("new") });
  } catch (error) {
    root.parentElement.prepend(note("again", error.message));
  }
});
changed();
