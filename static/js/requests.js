// An administrator signs the registration, or the end, of a device key with this browser's own key.

import { Signing } from "./signing.js";

let act = null;
const signing = new Signing(document.getElementById("signing"), {
  drafts: () => (act ? [{ act }] : null),
  onSigned: () => setTimeout(() => location.reload(), 1500),
});

for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => {
    act = button.dataset.act;
    signing.refresh();
    document.getElementById("signing").scrollIntoView({ block: "nearest" });
  });
}
