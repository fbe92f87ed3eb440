// A problem with a delivery becomes an exception in two clicks. Any button with data-exception-kind reports:
// about the codes of its data-exception-items, else of the line that it stands in, else of the lines of
// this page that its kind is about. data-exception-dispatch, or the delivery chosen, says with whom.

import { make, note, post } from "./say.js";

const box = document.getElementById("report");
const said = box?.querySelector("[data-report-said]");

const epcs = (selector) => [...document.querySelectorAll(selector)].map((line) => line.dataset.epc);

// What each kind is about, by the lines of the page: expected and not here, here and not announced, last scanned.
const ABOUT = {
  missing: '[data-lines="expected"] > .unknown[data-epc]',
  no_product: '[data-lines="expected"] > .unknown[data-epc]',
  extra: '[data-lines="scanned"] > .again[data-epc]',
  no_data: '[data-lines="scanned"] > .again[data-epc]',
  damaged: '[data-lines="scanned"] > [data-epc]:first-child',
  wrong_product: '[data-lines="scanned"] > [data-epc]:first-child',
};

function itemsOf(button) {
  const named = button.dataset.exceptionItems?.split(/\s+/).filter(Boolean);
  if (named?.length) return named;
  const line = button.closest("[data-epc]");
  return line ? [line.dataset.epc] : epcs(ABOUT[button.dataset.exceptionKind] ?? "[data-none]");
}

const dispatchOf = (button) => button.dataset.exceptionDispatch
  ?? document.querySelector("[data-exception-dispatch]")?.dataset.exceptionDispatch
  ?? document.getElementById("receiving")?.dataset.chosen ?? "";

/** Open an exception; answers {id, url, sentence}. Throws Refused with the server's sentence. */
export function report({ kind, items, dispatch = "", other = "", note: words = "" }) {
  return post("/exceptions", { kind, items, dispatch, other, note: words });
}

/** The form where the rest is told, with what is known filled in. */
function formFor(kind, items, dispatch) {
  const known = new URLSearchParams({ kind, dispatch });
  for (const epc of items.slice(0, 50)) known.append("item", epc);
  return `${box?.dataset.form ?? "/exceptions/new"}?${known}`;
}

async function onReport(button) {
  const kind = button.dataset.exceptionKind;
  const [items, dispatch] = [itemsOf(button), dispatchOf(button)];
  button.disabled = true;
  try {
    const opened = await report({ kind, items, dispatch });
    tell(button, note("again", make("a", { href: opened.url }, opened.sentence)));
    open(false);
  } catch (error) {
    if (!error.status || error.status >= 500) tell(button, note("stop", error.message));
    else tell(button, note("again", error.message, " ", make("a", { href: formFor(kind, items, dispatch) }, button.textContent.trim())));
  } finally {
    button.disabled = false;
  }
}

function tell(button, message) {
  const place = said ?? button.parentElement.appendChild(make("div", { "aria-live": "polite" }));
  place.replaceChildren(message);
}

function open(shown) {
  const button = box?.querySelector("[data-report-open]");
  if (!button) return;
  button.setAttribute("aria-expanded", String(shown));
  document.getElementById("report-kinds").hidden = !shown;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-exception-kind]");
  if (button) onReport(button);
});
box?.querySelector("[data-report-open]").addEventListener("click", (event) => {
  open(event.currentTarget.getAttribute("aria-expanded") !== "true");
});
