// Stock: a scanned code goes straight to its page, as everywhere.

import { listen } from "./wedge.js";

const { find } = document.getElementById("find").dataset;
listen((text) => location.assign(`${find}?${new URLSearchParams({ code: text })}`));
