// Home: say so while this device cannot sign yet; a scanned code goes straight to the search.

import { readyKey } from "./signing.js";
import { listen } from "./wedge.js";

const hint = document.getElementById("device"); // an auditor, who signs nothing, has none
if (hint) {
  readyKey().then(({ key }) => {
    hint.hidden = key !== null;
  }, () => {});
}

listen((text) => {
  const field = document.getElementById("find");
  field.value = text;
  field.form.requestSubmit();
});
