// Test codes scanned with a hand scanner: what arrived against what is printed, and what to mend.

import { icon, make, post, say, state } from "./say.js";
import { signal } from "./signal.js";
import { listen } from "./wedge.js";

const root = document.getElementById("setup");
const expected = root.dataset;
const found = {}; // check -> [tone, word]
let ended = ""; // the key after the last code
let capsLock = false;
let gsBy = "";

// Registered before the scanner's own listener, which takes Enter for itself.
document.addEventListener("keydown", (event) => {
  capsLock = event.getModifierState("CapsLock");
  ended = event.key;
  if (event.key === "F8") gsBy = "F8";
  else if (event.ctrlKey && (event.key === "]" || event.code === "BracketRight")) gsBy = "Ctrl+]";
  else if (event.altKey && event.code.startsWith("Numpad")) gsBy = "Alt+029";
  mark("caps", capsLock ? "again" : "clear", say(capsLock ? "caps-on" : "caps-off"));
}, true);

function mark(check, tone, word) {
  found[check] = [tone, word];
  const line = document.querySelector(`[data-check="${check}"]`);
  line.querySelector(".state")?.remove();
  line.append(state(tone, word));
}

function show(tone, title, ...more) {
  const box = document.getElementById("answer");
  box.className = `verdict ${tone}`;
  box.replaceChildren(icon(tone), make("h2", {}, title), ...more.map((text) => make("p", {}, text)));
}

const visible = (text) => text.replaceAll("\x1d", "␝").replace(/[\x00-\x1f]/g, (one) => String.fromCharCode(0x2400 + one.charCodeAt(0)));

/** What differs where the text is a valid code, but not the one that is printed. */
function difference(reading) {
  const serial = (epc) => decodeURIComponent(epc.split("/").at(-1));
  if (!reading.epc) return reading.problem || say("setup-other");
  const [got, want] = [serial(reading.epc), serial(expected.epc)];
  if (got !== want && got.toLowerCase() === want.toLowerCase()) return say(got === got.toUpperCase() || got === got.toLowerCase() ? "setup-one-case" : "setup-case");
  if (got !== want && reading.gtin && expected.epc.includes(reading.gtin)) return say("setup-layout");
  if (got === want) return say("setup-part");
  return say("setup-other");
}

async function take(text) {
  const by = ended;
  const separator = gsBy;
  gsBy = "";
  document.getElementById("raw").textContent = visible(text);
  let reading;
  try {
    const symbology = /^\](C1|d2|Q3|e0)/.exec(text)?.[0] ?? "";
    ({ results: [reading] } = await post("/scan/code", { codes: [{ text: text.slice(symbology.length), symbology }] }));
  } catch (error) {
    show("again", error.message);
    return;
  }
  mark("end", by === "Enter" || by === "Tab" ? "clear" : "again", by === "Enter" || by === "Tab" ? by : say("setup-no-end"));
  const pallet = reading.epc === expected.pallet;
  const pack = reading.epc === expected.epc && reading.lot === expected.lot && reading.expiry === expected.expiry;
  const why = pallet || pack ? "" : difference(reading);
  const which = pallet || (/^(\][A-Za-z]\d)?00/.test(text) && !pack) ? "pallet" : "pack";
  mark(which, why ? "again" : "clear", say(why ? "setup-wrong" : "setup-right"));
  if (which === "pack") mark("separator", text.includes("\x1d") ? "clear" : "again", text.includes("\x1d") ? separator || "GS" : say("setup-lost"));
  tell(why);
  signal(why ? "trouble" : "read");
}

function tell(why) {
  if (why) return show("again", why, say("setup-nothing-lost"));
  const open = ["pack", "pallet"].filter((check) => found[check]?.[0] !== "clear");
  const wrong = Object.values(found).some(([tone]) => tone !== "clear");
  if (open.length) return show("clear", say("setup-read"), say(open[0] === "pack" ? "setup-scan-1" : "setup-scan-2"));
  return wrong ? show("again", say("setup-nearly")) : show("clear", say("setup-done"));
}

listen(take);
root.querySelector("[data-print]").addEventListener("click", () => window.print());
