// Stop a lot everywhere: one registry statement.

import { Signing } from "./signing.js";

const terms = document.getElementById("terms");
const { gtin, lot, reason } = terms.elements;
const lots = [...lot.options].slice(1);

function drafts() {
  if (!gtin.value || !lot.value || !reason.value.trim()) return null;
  // Members in the order of the registry's table of acts.
  return [{ act: JSON.stringify({
    type: "recall", lots: [{ gtin: gtin.value, lot: lot.value }],
    class: terms.elements.class.value, level: terms.elements.level.value, reason: reason.value.trim(),
  }) }];
}

const signing = new Signing(document.getElementById("signing"), { drafts, dangerous: true, onSigned: () => terms.reset() });

function fitLots() {
  const first = lot.options[0];
  lot.replaceChildren(first, ...lots.filter((option) => option.dataset.gtin === gtin.value));
  lot.value = "";
}

gtin.addEventListener("change", fitLots);
terms.addEventListener("input", () => signing.refresh());
terms.addEventListener("submit", (event) => event.preventDefault());
gtin.value = terms.dataset.gtin; // chosen already, where a lot's page led here
fitLots();
lot.value = terms.dataset.lot;
