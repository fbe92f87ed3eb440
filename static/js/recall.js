// Call back a lot, a product or single packs, or practise it: one registry statement.

import { note, say, settle } from "./say.js";
import { Signing } from "./signing.js";
import { resolveAll } from "./waiting.js";

const terms = document.getElementById("terms");
const { gtin, lot, reason, packs } = terms.elements;
const lots = [...lot.options].slice(1);
const said = document.getElementById("packs-said");
const MOST_PACKS = 500; // codes in one statement, which holds at most 65,535 bytes
let items = [];

/** What is recalled, in the members of the registry's act; null while it is not said. */
function what() {
  if (lot.value === "-") return items.length ? { items } : null;
  if (!gtin.value || !lot.value) return null;
  return lot.value === "*" ? { products: [gtin.value] } : { lots: [{ gtin: gtin.value, lot: lot.value }] };
}

function drafts() {
  const about = what();
  if (!about || !reason.value.trim()) return null;
  const { instructions, contact, drill } = terms.elements;
  // Members in the order of the registry's table of acts; absent ones are left out.
  return [{ act: JSON.stringify({
    type: "recall", ...about,
    class: terms.elements.class.value, level: terms.elements.level.value, reason: reason.value.trim(),
    instructions: instructions.value.trim() || undefined, contact: contact.value.trim() || undefined,
    drill: drill.checked || undefined,
  }) }];
}

const signing = new Signing(document.getElementById("signing"), {
  drafts, dangerous: true,
  onSigned: ([outcome]) => {
    terms.reset();
    if (outcome.effect) location.assign(terms.dataset.campaign.replace("STATEMENT", outcome.id));
  },
});

function fitLots() {
  const first = lot.options[0];
  lot.replaceChildren(first, ...lots.filter((option) => "all" in option.dataset || option.dataset.gtin === gtin.value));
  lot.value = "";
  showPacks();
}

function showPacks() {
  document.getElementById("packs").hidden = lot.value !== "-";
  said.hidden = true;
}

function tell(trouble) {
  said.hidden = !trouble;
  said.replaceChildren(...(trouble ? [note("again", trouble)] : []));
  signing.refresh();
}

// The server reads the lines, as it reads scans; a line that names no pack stops the recall with its number.
async function packsOf(whole) {
  const lines = whole.split("\n").map((line, n) => [line.trim(), n + 1]).filter(([line]) => line);
  if (lines.length > MOST_PACKS) throw new Error(say("too-many-packs", { n: lines.length, most: MOST_PACKS }));
  const found = await resolveAll(lines.map(([text]) => ({ text })));
  const bad = found.findIndex((reading) => !reading.epc);
  if (bad >= 0) throw new Error(say("not-a-pack", { n: lines[bad][1], why: found[bad].problem }));
  return [...new Set(found.map((reading) => reading.epc))];
}

const readPacks = settle(400, async () => {
  const whole = packs.value;
  const [found, trouble] = await packsOf(whole).then((them) => [them, ""], (error) => [[], error.message]);
  if (packs.value !== whole) return; // more was typed meanwhile
  items = found;
  tell(trouble);
});

gtin.addEventListener("change", fitLots);
lot.addEventListener("change", showPacks);
packs.addEventListener("input", () => {
  items = []; // until they are read, nothing may be signed
  readPacks();
});
terms.addEventListener("input", () => signing.refresh());
gtin.value = terms.dataset.gtin; // chosen already, where a lot's page led here
fitLots();
lot.value = terms.dataset.lot;
showPacks();
