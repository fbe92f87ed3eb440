// Home: say so while this device cannot sign yet; a scanned code goes straight to the search.

import { readyKey } from "./signing.js";
import { listen } from "./wedge.js";

readyKey().then(({ key }) => {
  document.getElementById("device").hidden = key !== null;
}, () => {});

listen((text) => {
  const field = document.getElementById("find");
  field.value = text;
  field.form.requestSubmit();
});
