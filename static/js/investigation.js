// The documents of an investigation: one registry statement notes all that the log has not noted yet.

import { Signing } from "./signing.js";

const root = document.getElementById("noting");

if (root) {
  const documents = JSON.parse(root.dataset.documents);
  new Signing(document.getElementById("signing"), {
    drafts: () => [{ act: JSON.stringify({ type: "evidence", documents }) }],
    onSigned: ([outcome]) => outcome.effect && location.reload(),
  });
}
