// Logging in with a passkey instead of a password.

import { answer } from "./passkey.js";
import { note, post } from "./say.js";

const button = document.querySelector("[data-passkey]");
const said = document.querySelector("#login-form .said");

/** A page of this server to go on to; anything else becomes the start page. */
function onward(next) {
  const url = new URL(next || "/start", location.origin);
  return next.startsWith("/") && url.origin === location.origin ? url.href : "/start";
}

button.hidden = !window.PublicKeyCredential || !window.isSecureContext;
button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    await post("/passkeys/enter", { credential: await answer() });
    location.assign(onward(button.dataset.next));
  } catch (error) {
    said.replaceChildren(note("stop", error.status === undefined ? button.dataset.failed : error.message));
  } finally {
    button.disabled = false;
  }
});
