// The counter: one scan, one answer that fills the screen; then dispense, in part, together or by the tote,
// undo, or say what was done instead.

import { Basket } from "./basket.js";
import { isAway } from "./connection.js";
import { compose, paper } from "./events.js";
import * as outbox from "./outbox.js";
import { Questions } from "./questions.js";
import { get, make, note, post, say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";
import { openStock } from "./stock.js";
import { fill, showVerdict, soundVerdict, timeLeft } from "./verdict.js";
import { moment } from "./words.js";

const counter = document.getElementById("counter");
const part = document.getElementById("part");
const undo = document.getElementById("undo");
const prescription = document.getElementById("prescription");
const reference = prescription.querySelector("form").elements.reference;
let answer = null;
let asked = null; // the reading whose verdict is awaited
let act = null; // dispensed | partly_dispensed | undone | together | held
let holding = null; // the question whose goods are put aside with a signature

const questions = new Questions(document.getElementById("open-questions"), JSON.parse(counter.dataset.choices), {
  onHold: (question) => {
    holding = question;
    choose("held");
  },
});
const together = new Basket(document.getElementById("basket"), { onChange: () => signing.refresh() });

// What will be signed

const DRAFTS = {
  dispensed: (common) => compose("dispensed", common),
  partly_dispensed: (common) => {
    const [taken, left] = [part.elements.taken.valueAsNumber, part.elements.left.valueAsNumber];
    return taken > 0 && left >= 0 && addsUp() ? compose("partly_dispensed", { ...common, amount: { taken, left } }) : null;
  },
  undone: (common) => (undo.elements.never.checked ? compose("undone", { ...common, ref: [answer.offer.undo.ref], reason: say("never-public") }) : null),
  together: (common) => {
    const number = reference.value.trim();
    if (together.epcs.length === 0 || together.hasTwins || !reference.checkValidity()) return null;
    return compose("dispensed", { ...common, items: together.epcs, orders: number ? [paper("prescription", me.party, number)] : [] });
  },
  held: (common) => compose("held", { ...common, items: [holding.epc], reason: `${holding.title}: ${holding.sentence}` }),
};
const WORDS = { undone: "sign-and-undo", held: "sign-and-hold" };

function drafts() {
  if (!act) return null;
  const draft = DRAFTS[act]({ items: answer?.epc ? [answer.epc] : [], site: me.site, signer: me.name, evidence: "scanned" });
  return draft ? [draft] : null;
}

const signing = new Signing(document.getElementById("signing"), { drafts, onSigned });

function onSigned() {
  if (act === "together") stopTogether();
  // The answer was about the pack as it was before: scan it again to go on with it.
  for (const one of counter.querySelectorAll("#verdict button[data-act]")) one.remove();
  if (act === "undone" && questions.current) questions.answer(questions.current, "undone");
  scanner.recount();
  choose(null);
}

function choose(next) {
  act = next;
  for (const one of counter.querySelectorAll("#verdict button[data-act]")) one.hidden = one.dataset.act === act;
  if (act) signing.rename(say(WORDS[act] ?? "sign-and-dispense"));
  part.hidden = act !== "partly_dispensed";
  undo.hidden = act !== "undone";
  if (act === "partly_dispensed") preparePart();
  if (act === "undone") prepareUndo();
  signing.refresh();
}

// Part of a pack: the count that is left

const whole = () => answer?.offer?.left ?? (answer?.offer?.units || null);

function preparePart() {
  const known = whole();
  part.reset();
  part.querySelector("[data-count]").textContent = known ? fill({ left: known, units: answer.offer.units }) : say("count-unknown");
  if (known) part.elements.taken.max = String(known);
  else part.elements.taken.removeAttribute("max");
  showAdds();
  part.elements.taken.focus();
}

function addsUp() {
  const known = whole();
  return !known || part.elements.taken.valueAsNumber + part.elements.left.valueAsNumber === known;
}

function showAdds() {
  const { taken, left } = part.elements;
  const filled = taken.value !== "" && left.value !== "";
  part.querySelector("[data-adds]").replaceChildren(...(filled && !addsUp() ? [note("again", say("does-not-add", { whole: whole() }))] : []));
}

part.addEventListener("input", ({ target }) => {
  const known = whole();
  const { taken, left } = part.elements;
  if (target === taken && known && taken.value !== "") left.value = String(Math.max(0, known - taken.valueAsNumber));
  showAdds();
  signing.refresh();
});

// Undo: how long it still can be

function prepareUndo() {
  undo.elements.never.checked = false;
  showTime();
}

function showTime() {
  const { at, until } = answer?.offer?.undo ?? {};
  if (until) undo.querySelector("[data-time]").textContent = say("undo-time", { when: moment(at), left: timeLeft(until) });
}

setInterval(() => !undo.hidden && showTime(), 30_000);
undo.addEventListener("input", () => signing.refresh());

// Many packs, one signature: a prescription, a bag, a tote

async function collect(reading) {
  const packs = reading.kind === "pack" ? [reading] : await packsIn(reading);
  prescription.hidden = false;
  for (const pack of packs) together.add(pack);
  choose("together");
}

async function packsIn(container) {
  const stock = await openStock().catch(() => null);
  try {
    const { packs } = await get(`/api/contents?epc=${encodeURIComponent(container.epc)}`);
    const { results } = await post("/scan/code", { codes: packs.slice(0, 1000).map((text) => ({ text })), task: "check" });
    return results;
  } catch (error) {
    if (!isAway(error) || !stock) throw error;
    return stock.packsIn(container.epc).map((epc) => stock.reading(epc)).filter(Boolean);
  }
}

function stopTogether() {
  together.clear();
  reference.value = "";
  prescription.hidden = true;
  choose(null);
}

prescription.querySelector("[data-stop]").addEventListener("click", stopTogether);
reference.addEventListener("input", () => signing.refresh());

// A scan and its answer

function button(text, next, kind = "") {
  const made = make("button", { type: "button", class: kind, "data-act": next }, text);
  made.addEventListener("click", () => (next === "together" ? collect(answer.reading).catch(failed) : choose(next)));
  return made;
}

function buttonsFor({ dispense, packs, undo: dispensing }) {
  if (!prescription.hidden) return [];
  const buttons = [];
  if (dispense) buttons.push(button(say("dispense"), "dispensed", "primary"), button(say("part-of-it"), "partly_dispensed"), button(say("more-packs"), "together"));
  if (packs) buttons.push(button(say("dispense-all", { n: packs }), "together", "primary"));
  if (dispensing && !dispensing.refused) buttons.push(button(say("undo"), "undone"));
  return buttons;
}

function show(verdict, reading) {
  answer = { ...verdict, offer: verdict.offer ?? {}, reading };
  if (verdict.code !== "scanner_fault" && verdict.epc) questions.readAgain();
  const question = questions.ask(verdict, verdict.epc || reading.text);
  showVerdict(answer, { buttons: buttonsFor(answer.offer), question });
  if (reading.epc) soundVerdict(verdict); // the scanner has sounded it
  const usable = answer.offer.dispense || answer.offer.packs > 0;
  if (!prescription.hidden) {
    if (usable) collect(reading).catch(failed);
    else choose("together");
  } else {
    choose(answer.offer.dispense ? "dispensed" : null);
  }
}

function failed(error) {
  answer = null;
  showVerdict({ tone: "again", code: "no-answer", title: error.message, reason: "", about: "" });
  soundVerdict({ tone: "again" });
  choose(prescription.hidden ? null : "together");
}

async function verdictOn(reading) {
  // What this device has signed and not delivered yet, the server cannot know.
  const pending = (await outbox.all().catch(() => [])).some((one) => outbox.isWaiting(one) && one.items?.includes(reading.epc));
  if (!pending && !reading.offline) {
    try {
      return await post("/pharmacy/verdict", { text: reading.text, symbology: reading.symbology ?? "" });
    } catch (error) {
      if (!isAway(error)) throw error;
    }
  }
  const stock = await openStock();
  if (!stock) throw new Error(say("offline-no-stock"));
  return stock.verdict(reading.text);
}

/** Two packs with one code: one of them is false, and nobody can say here which. */
function stopTwins(reading) {
  asked = null;
  show({ tone: "stop", code: "suspect", reason_code: "twins", title: reading.problem, reason: "", about: "", product: reading.product, page: reading.page, epc: reading.epc }, reading);
  return "answered";
}

function onReading(reading) {
  for (const receipt of counter.querySelectorAll(".receipt")) receipt.remove();
  if (reading.twins) return stopTwins(reading);
  asked = reading;
  verdictOn(reading).then((verdict) => asked === reading && show(verdict, reading), (error) => asked === reading && failed(error));
  // The verdict sounds, not the reading of the code; a code that cannot be used stays in its field.
  return reading.epc ? "answered" : "trouble";
}

const scanner = new Scanner(document.getElementById("scanner"), onReading, { always: true });
