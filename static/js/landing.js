// Anyone: a scanned code opens its explanation.

import { Scanner } from "./scan.js";

const answer = document.getElementById("answer");
let shown = "";

async function explain(reading) {
  const address = `/?code=${encodeURIComponent(reading.text)}`;
  const response = await fetch(`/explain?code=${encodeURIComponent(reading.text)}`, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  answer.replaceChildren(...page.body.children);
  history.replaceState(null, "", address);
}

new Scanner(document.getElementById("scanner"), (reading) => {
  if (reading.text === shown) return reading.twins ? "trouble" : "duplicate";
  shown = reading.text;
  explain(reading);
  return reading.epc && !reading.problem ? "read" : "trouble";
});
