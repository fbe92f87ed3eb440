// End a recall: close its campaign, or lift it. One registry statement either way.

import { Signing } from "./signing.js";

const form = document.getElementById("ending");

function drafts() {
  const { way, reason } = form.elements;
  const why = reason.value.trim();
  if (!way.value || (!why && (way.value === "lift" || !form.dataset.whole))) return null;
  return [{ act: JSON.stringify({ type: way.value, recall: form.dataset.recall, reason: why || undefined }) }];
}

if (form) {
  const signing = new Signing(document.getElementById("signing"), {
    drafts, dangerous: true, onSigned: ([outcome]) => outcome.effect && location.reload(),
  });
  form.addEventListener("input", () => {
    const { way, reason } = form.elements;
    reason.closest("label").hidden = way.value === "";
    form.querySelector("[data-hint]").hidden = way.value !== "recall_closed";
    signing.refresh();
  });
}
