// The counter: one scan, one answer that fills the screen; then dispense, in part, or undo.

import { compose } from "./events.js";
import { icon, make, post, say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";

const counter = document.getElementById("counter");
const part = document.getElementById("part");
const undo = document.getElementById("undo");
let answer = null;
let asked = null; // the reading whose verdict is awaited
let act = null; // dispensed | partly_dispensed | undone

function drafts() {
  if (!answer || !act) return null;
  const common = { items: [answer.epc], site: me.site, signer: me.name, evidence: "scanned" };
  if (act === "undone") {
    return undo.elements.never.checked ? [compose("undone", { ...common, ref: [answer.undo], reason: say("never-public") })] : null;
  }
  if (act === "partly_dispensed") {
    const [taken, left] = [part.elements.taken.valueAsNumber, part.elements.left.valueAsNumber];
    return taken > 0 && left >= 0 ? [compose("partly_dispensed", { ...common, amount: { taken, left } })] : null;
  }
  return [compose("dispensed", common)];
}

const signing = new Signing(document.getElementById("signing"), { drafts, onSigned: () => choose(null) });

function choose(next) {
  act = next;
  for (const one of counter.querySelectorAll("#verdict button")) one.hidden = one.dataset.act === act;
  if (act) signing.rename(say(act === "undone" ? "sign-and-undo" : "sign-and-dispense"));
  part.hidden = act !== "partly_dispensed";
  undo.hidden = act !== "undone";
  signing.refresh();
}

function button(text, next, kind = "") {
  const made = make("button", { type: "button", class: kind, "data-act": next }, text);
  made.addEventListener("click", () => choose(next));
  return made;
}

function show(verdict) {
  const buttons = make("div", { class: "row" });
  if (verdict.dispense) buttons.append(button(say("dispense"), "dispensed", "primary"), button(say("part-of-it"), "partly_dispensed"));
  if (verdict.undo) buttons.append(button(say("undo"), "undone"));
  const box = make("section", { class: `verdict ${verdict.tone}`, id: "verdict", "aria-live": "assertive", "data-verdict": verdict.code },
    icon(verdict.tone === "blocked" ? "stop" : verdict.tone),
    make("h2", {}, verdict.title),
    make("p", {}, verdict.reason),
    make("div", { class: "about" },
      verdict.product || verdict.gtin ? make("strong", {}, verdict.product || say("unknown-product")) : null,
      make("p", {}, verdict.about),
      verdict.page ? make("p", {}, make("a", { href: verdict.page }, verdict.story || say("story"))) : null),
    buttons.childElementCount ? buttons : null);
  document.getElementById("verdict").replaceWith(box);
  counter.parentElement.classList.add("answered");
}

/** Two packs with one code: one of them is false, and nobody can say here which. */
function stopTwins(reading) {
  asked = null;
  answer = null;
  show({ tone: "stop", code: "twins", title: reading.problem, reason: "", about: "", product: reading.product, page: reading.page });
  choose(null);
  return "trouble";
}

function onReading(reading) {
  for (const receipt of counter.querySelectorAll(".receipt")) receipt.remove();
  if (reading.twins) return stopTwins(reading);
  asked = reading;
  const same = answer?.epc && answer.epc === reading.epc;
  post("/pharmacy/verdict", { text: reading.text, symbology: reading.symbology ?? "" }).then((verdict) => {
    if (asked !== reading) return;
    answer = verdict;
    show(verdict);
    choose(verdict.dispense ? "dispensed" : null);
  }, (error) => {
    if (asked !== reading) return;
    answer = null;
    show({ tone: "again", code: "no-answer", title: error.message, reason: "", about: "" });
    choose(null);
  });
  if (!reading.epc || reading.problem) return "trouble";
  return same ? "duplicate" : "read";
}

part.addEventListener("input", () => signing.refresh());
undo.addEventListener("input", () => signing.refresh());
for (const form of [part, undo]) form.addEventListener("submit", (event) => event.preventDefault());
new Scanner(document.getElementById("scanner"), onReading);
