// Proving who one is without leaving the page: after idling, after a session ended, before a grave act.
// What is on the page stays as it is. Every page of somebody who is logged in has the dialog (_lock.html).

import { get, note, post, renew } from "./say.js";
import { answer } from "./passkey.js";

const dialog = document.getElementById("lock");
const login = document.body.dataset.login;
const SEEN = "custody-seen";
const OPENED = "custody-opened";
let asking = null;

/**
 * Asks for a password or passkey. `purpose` is locked, ended, prove or secure; `sentence` is what the
 * signature will mean. Resolves with true when the server knows the person, false where they cancelled.
 */
export function identify(purpose, sentence = "") {
  if (!dialog) return Promise.resolve(false);
  asking ??= new Promise((done) => open(purpose, sentence, done)).finally(() => {
    asking = null;
  });
  return asking;
}

function open(purpose, sentence, done) {
  const form = dialog.querySelector("form");
  const [password, said] = [form.elements.password, form.querySelector(".said")];
  const words = dialog.dataset;
  const stays = purpose === "locked" || purpose === "ended";
  form.querySelector("h2").textContent = words[purpose];
  form.querySelector("#lock-why").textContent = words[`${purpose}Why`];
  const quote = form.querySelector("blockquote");
  quote.textContent = sentence;
  quote.hidden = !sentence;
  form.querySelector("[data-cancel]").hidden = stays;
  form.querySelector("[data-out]").hidden = !stays;
  form.querySelector("[data-passkey]").hidden = !window.PublicKeyCredential;
  password.value = "";
  said.replaceChildren();
  dialog.classList.toggle("opaque", stays);
  const before = document.activeElement;
  const listening = new AbortController();
  const on = (target, name, call) => target.addEventListener(name, call, { signal: listening.signal });

  function close(proven) {
    listening.abort();
    password.value = "";
    dialog.close();
    before?.focus?.();
    done(proven);
  }

  async function attempt(prove) {
    form.setAttribute("aria-busy", "true");
    try {
      const { token } = await prove();
      renew(token);
      seen();
      localStorage.setItem(OPENED, String(Date.now()));
      close(true);
    } catch (error) {
      said.replaceChildren(note("stop", error.status === undefined ? words.noPasskey : error.message));
      password.select();
    } finally {
      form.removeAttribute("aria-busy");
    }
  }

  const why = purpose === "prove" ? sentence : purpose;
  on(form, "submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      renew((await get("/session")).token);
      return post("/unlock", { login, password: password.value, why });
    });
  });
  on(form.querySelector("[data-passkey]"), "click", () => attempt(async () => {
    renew((await get("/session")).token);
    return post("/passkeys/enter", { login, credential: await answer(), why });
  }));
  on(form.querySelector("[data-cancel]"), "click", () => close(false));
  on(dialog, "cancel", (event) => {
    event.preventDefault();
    if (!stays) close(false);
  });
  // Whatever is typed here is no scan and no shortcut of the page below.
  on(dialog, "keydown", (event) => event.stopPropagation());
  // Another tab opened the session again: this one goes on too.
  on(window, "storage", async (event) => {
    if (event.key !== OPENED || !stays) return;
    const known = await get("/session");
    if (!known.open || known.login !== login) return;
    renew(known.token);
    close(true);
  });
  if (!dialog.open) dialog.showModal();
  password.focus();
}

function seen() {
  localStorage.setItem(SEEN, String(Date.now()));
}

/** Locks this page now, and the session with it. */
export async function lock() {
  if (asking) return;
  try {
    await post("/lock", {});
  } catch (error) {
    if (error.status === 0) return; // without a connection nobody could open it again
  }
  document.dispatchEvent(new CustomEvent("locked"));
  await identify("locked");
}

/** Locks after `seconds` in which no tab of this browser saw a hand or a scan. */
function watch(seconds) {
  let written = 0;
  let touched = false;
  const mark = () => {
    if (asking) return;
    touched = true;
    if (Date.now() - written < 5000) return;
    written = Date.now();
    seen();
  };
  for (const name of ["keydown", "pointerdown", "scanned"]) document.addEventListener(name, mark, { passive: true });
  seen();
  const look = () => {
    const idle = (Date.now() - Number(localStorage.getItem(SEEN))) / 1000;
    if (idle >= seconds) lock();
    else if (touched) get("/session?here").catch(() => {}); // hands that send nothing else are hands all the same
    touched = false;
    setTimeout(look, (idle < seconds ? Math.min(Math.max(seconds - idle, 1), 30) : 30) * 1000);
  };
  setTimeout(look, Math.min(seconds, 30) * 1000);
}

if (dialog) {
  const seconds = Number(dialog.dataset.idle);
  if (seconds) watch(seconds);
  for (const button of document.querySelectorAll("[data-lock]")) button.addEventListener("click", lock);
}

