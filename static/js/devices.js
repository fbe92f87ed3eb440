// Enrol this browser: make a key, ask for its registration, say how far it is.

import { create } from "./passkey.js";
import { askFor, currentKey, enrol, giveUp, stateOf } from "./keys.js";
import { fact, make, note, say } from "./say.js";

const me = { log: fact("log"), login: fact("login"), party: fact("party"), role: fact("role") };
const place = document.getElementById("key-state");
const form = document.getElementById("enrol");
const TONES = { approved: "clear", requested: "again", refused: "stop", revoked: "stop", lost: "stop", expired: "stop" };
const OVER = new Set(["refused", "revoked", "lost", "expired"]);

async function show() {
  const key = await currentKey(me);
  form.hidden = key !== null;
  if (!key) {
    place.replaceChildren(note("again", say("no-key")));
    return;
  }
  let { state, expires, soon } = await stateOf(key);
  if (state === "unknown") ({ state } = await askFor(key));
  if (OVER.has(state)) {
    await giveUp(key);
    form.hidden = false;
  }
  place.replaceChildren(note(TONES[state] ?? "unknown", make("strong", {}, key.device), " · ", say(`device-${state}`),
    make("div", { class: "small code" }, key.kid)));
  if (soon) {
    const renew = make("button", { type: "button" }, say("renew"));
    renew.addEventListener("click", () => giveUp(key).then(tryShow));
    place.append(note("again", say("key-soon", { day: expires }), make("div", { class: "row end" }, renew)));
  }
  const request = document.getElementById("request");
  request.hidden = state !== "requested";
  request.querySelector("pre").textContent = JSON.stringify({ party: key.party, role: key.role, jwk: key.jwk });
  if (state === "requested") setTimeout(tryShow, 5000);
}

function tryShow() {
  show().catch((error) => place.replaceChildren(note("again", error.message)));
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await enrol(me, form.elements.device.value.trim());
    await show();
  } catch (error) {
    place.replaceChildren(note("stop", error.message));
  } finally {
    button.disabled = false;
  }
});

if (!place) {
  // An auditor signs nothing, so there is no key to show.
} else if (!window.isSecureContext || !crypto.subtle) place.replaceChildren(note("stop", say("insecure")));
else tryShow();

const adding = document.getElementById("add-passkey");
if (adding) {
  adding.hidden = !window.PublicKeyCredential;
  adding.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = adding.querySelector(".said");
    try {
      await create(adding.elements.name.value.trim());
      location.reload();
    } catch (error) {
      said.replaceChildren(note("stop", error.status === undefined ? say("no-passkey") : error.message));
    }
  });
}
for (const link of document.querySelectorAll("[data-lose]")) {
  link.addEventListener("click", () => document.getElementById(link.dataset.lose).showModal());
}
