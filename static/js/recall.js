// Call back a lot, a product or single packs, or practise it: one registry statement.

import { note, say, settle } from "./say.js";
import { Signing } from "./signing.js";
import { resolve } from "./waiting.js";

const terms = document.getElementById("terms");
const { gtin, lot, reason, packs } = terms.elements;
const lots = [...lot.options].slice(1);
const said = document.getElementById("packs-said");
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

// Every line is read by the server, as a scan is; a line that names no pack stops the recall with its number.
const readPacks = settle(400, async () => {
  const lines = packs.value.split("\n").map((line, n) => [line.trim(), n + 1]).filter(([line]) => line);
  const found = await Promise.all(lines.map(([line]) => resolve(line)));
  const bad = found.findIndex((reading) => !reading.epc);
  items = bad < 0 ? [...new Set(found.map((reading) => reading.epc))] : [];
  said.hidden = bad < 0;
  if (bad >= 0) said.replaceChildren(note("again", say("not-a-pack", { n: lines[bad][1], why: found[bad].problem })));
  signing.refresh();
});

gtin.addEventListener("change", fitLots);
lot.addEventListener("change", showPacks);
packs.addEventListener("input", readPacks);
terms.addEventListener("input", () => signing.refresh());
terms.addEventListener("submit", (event) => event.preventDefault());
gtin.value = terms.dataset.gtin; // chosen already, where a lot's page led here
fitLots();
lot.value = terms.dataset.lot;
showPacks();
