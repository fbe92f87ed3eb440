// Answer a recall: that it has arrived, and later what became of every pack.

import { compose } from "./events.js";
import { me, Signing } from "./signing.js";

const form = document.getElementById("answer");
const reporting = () => form.elements.way.value === "report";

function drafts() {
  if (!form.checkValidity()) return null;
  const quantities = [...form.querySelectorAll("[data-class]")].map((field) => [field.dataset.class, field.valueAsNumber]);
  const { returned, destroyed, dispensed, missing } = form.elements;
  const onHand = quantities.reduce((sum, [, packs]) => sum + packs, 0);
  const counts = reporting()
    ? { onHand, returned: returned.valueAsNumber, destroyed: destroyed.valueAsNumber, dispensed: dispensed.valueAsNumber, missing: missing.valueAsNumber }
    : undefined;
  return [compose("recall_answered", { ref: [form.dataset.recall], quantities, counts, site: me.site, signer: me.name })];
}

function fit() {
  const report = form.querySelector("[data-report]");
  report.hidden = !reporting();
  for (const field of report.querySelectorAll("input")) field.disabled = report.hidden;
}

if (form) {
  fit();
  const signing = new Signing(document.getElementById("signing"), { drafts, onSigned: (outcomes) => outcomes[0].effect && location.reload() });
  form.addEventListener("input", () => {
    fit();
    signing.refresh();
  });
}
