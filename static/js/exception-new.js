// A hand scanner adds to the codes of the goods, wherever the focus is.

import { listen } from "./wedge.js";

const codes = document.getElementById("codes");

listen((text) => {
  const lines = codes.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (!lines.includes(text)) codes.value = [...lines, text].join("\n");
});
