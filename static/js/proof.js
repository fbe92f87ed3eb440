// Checks the statements of a page in the page: the server's word is not needed, only its files. The steps are
// those of evidence.js; each that holds is shown with what was found.

import { readReceipt, verifyCheckpoint } from "./evidence.js";
import { demand, Refused } from "./refusal.js";
import { readEntry, readTrust, Registry, signed } from "./registrar.js";
import { get, icon, make, say } from "./say.js";
import { b64, utf8 } from "./statement.js";

async function readRegistry(trustUrl, entriesUrl) {
  const [trust, entries] = await Promise.all([get(trustUrl), get(entriesUrl)]);
  const registry = await Registry.begin(await readTrust(trust));
  for (const text of entries) await registry.add(await readEntry(utf8(text)));
  return registry;
}

/** Whether the log signed the checkpoint; null where this browser cannot tell. */
async function signedByLog(checkpoint, registry) {
  try {
    return await verifyCheckpoint(checkpoint, registry);
  } catch (error) {
    if (error.key === "no-ed25519") return null;
    throw error;
  }
}

/** The steps that held for a statement, each a sentence with what was found; throws with the first that does not. */
async function steps(id, receipt, registry) {
  const { entry, index, checkpoint } = await readReceipt(receipt);
  const key = await signedByLog(checkpoint, registry);
  demand(entry.id === id, "other-statement", { id });
  const size = registry.sizeAt(entry.head);
  const signer = registry.goodSigner(entry, size);
  await signed(entry.statement, signer);
  const { origin } = checkpoint;
  return [
    { text: say("proof-step-signature", { gln: signer.party }), value: signer.kid },
    { text: say("proof-step-key", { size }), value: entry.head },
    { text: say("proof-step-tree", { index, size: checkpoint.size }), value: b64(checkpoint.root) },
    key ? { text: say("proof-step-log", { origin }), value: key.text }
      : { text: say("proof-step-log-unread", { origin }), value: registry.trust.log.text, doubt: true },
  ];
}

function stepLine({ text, value, doubt }) {
  return make("li", { class: doubt ? "again" : "clear" }, icon(doubt ? "again" : "clear"),
    make("span", {}, text, make("span", { class: "code quiet" }, value)));
}

const why = (error) => (error instanceof Refused ? say(`ev-${error.key}`, error.values) : error.message);

async function showOne({ id, label }, list, stepsOf) {
  const place = make("li", { class: "proof-one" }, make("strong", {}, label));
  list.append(place);
  try {
    const found = await stepsOf(id);
    place.append(make("ul", {}, ...found.map(stepLine)));
    return { held: 1, doubt: found.some((step) => step.doubt) };
  } catch (error) {
    place.append(make("ul", {}, make("li", { class: "stop" }, icon("stop"), make("span", {}, why(error)))));
    return { held: 0, doubt: false };
  }
}

async function open(panel) {
  const answer = panel.querySelector("[data-answer]");
  const list = make("ol", { class: "proof-list", role: "list" });
  answer.replaceChildren(make("p", { class: "quiet" }, say("proof-checking")), list);
  const statements = JSON.parse(panel.dataset.proof);
  let [held, doubt] = [0, false];
  try {
    const registry = await readRegistry(panel.dataset.trust, panel.dataset.registry);
    const stepsOf = async (id) => steps(id, await get(panel.dataset.receipt.replace("STATEMENT", id)), registry);
    for (const one of statements) {
      const found = await showOne(one, list, stepsOf);
      held += found.held;
      doubt ||= found.doubt;
    }
  } catch (error) {
    list.append(make("li", { class: "stop" }, icon("stop"), why(error)));
  }
  const all = held === statements.length;
  let tone = "stop";
  if (all) tone = doubt ? "again" : "clear";
  const sentence = { again: "proof-doubt", clear: held === 1 ? "proof-one" : "proof-all", stop: "proof-some" }[tone];
  answer.firstChild.replaceWith(make("p", { class: `state ${tone}`, role: "status" }, icon(tone), say(sentence, { n: held, of: statements.length })));
}

for (const panel of document.querySelectorAll("[data-proof]")) {
  panel.addEventListener("toggle", () => {
    if (panel.open && !panel.dataset.opened) {
      panel.dataset.opened = "yes";
      open(panel);
    }
  });
}
