// A form that a page sends the plain way: the session is looked at first, so that nothing that was typed goes to a
// session that is over, or that is somebody else's by now, and an error page does not take its place.

import { identify } from "./lock.js";
import { get, note, renew, say } from "./say.js";

const { login } = document.body.dataset;
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

/** Looks at the session before any form of this page is sent by POST; whoever sends a form by script is left alone. */
export function watchForms() {
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.method !== "post" || form.closest(".lock") || passed.delete(form)) return;
    event.preventDefault();
    if (!looking.has(form)) look(form, submitter);
  });
}
