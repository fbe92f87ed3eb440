// A form that a page sends the plain way: where something was typed or chosen in it, the session is looked at first,
// so that it does not go to a session that is over or somebody else's by now, and no error page takes its place.

import { identify } from "./lock.js";
import { get, note, renew, say } from "./say.js";

const { login } = document.body.dataset;
const FILLED = "input:not([type=hidden]), textarea, select";
const looking = new Set(); // forms whose session is being looked at
const passed = new Set(); // forms that may go

/** Whether the session is open and the person's own; asks for the password where it is over. */
async function isOurs() {
  const known = await get("/session");
  if (known.open && known.login !== login) throw new Error(say("somebody-else", { login: known.login }));
  if (!known.open) return identify("ended");
  renew(known.token);
  return true;
}

async function look(form, submitter) {
  looking.add(form);
  form.querySelector("[data-not-sent]")?.remove();
  try {
    if (!(await isOurs())) return;
    passed.add(form);
    form.requestSubmit(submitter);
  } catch (error) {
    const said = note("stop", error.message);
    said.dataset.notSent = "";
    form.append(said);
  } finally {
    looking.delete(form);
  }
}

/** Looks at the session before any form of this page that was filled in is sent by POST. */
export function watchForms() {
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.method !== "post" || !form.querySelector(FILLED) || passed.delete(form)) return;
    event.preventDefault();
    if (!looking.has(form)) look(form, submitter);
  });
}
