// A problem with a delivery becomes an exception in two clicks.
//
// Any button with data-exception-kind reports, and so does the button that this module puts into every
// empty [data-report] of a line with data-exception-kind, whenever the page says "differences". A report is
// about the data-items of its line, else its data-epc, else what its kind is about on this page; data-dispatch
// of the line, or the delivery chosen, says with whom.

import { make, note, post } from "./say.js";

const box = document.getElementById("report");
const said = box?.querySelector("[data-report-said]");
const opened = new Map(); // kind and items -> { url, sentence, id }

// What each kind is about, by the lines of the page: expected and not here, here and not announced, last scanned.
const ABOUT = {
  missing: '[data-lines="expected"] > .unknown[data-epc]',
  data_without_product: '[data-lines="expected"] > .unknown[data-epc]',
  extra: '[data-lines="scanned"] > .again[data-epc]',
  product_without_data: '[data-lines="scanned"] > :is(.again, .unknown)[data-epc]',
  damaged: '[data-lines="scanned"] > [data-epc]:first-child',
  wrong_product: '[data-lines="scanned"] > [data-epc]:first-child',
};

/** What a button reports: {kind, items, dispatch}. */
function aboutOf(button) {
  const line = button.closest("[data-epc], [data-items]");
  const kind = button.closest("[data-exception-kind]").dataset.exceptionKind;
  const named = line?.dataset.items?.split(" ").filter(Boolean) ?? [];
  const items = named.length ? named : line ? [line.dataset.epc] : [...document.querySelectorAll(ABOUT[kind] ?? "[data-none]")].map((one) => one.dataset.epc);
  const dispatch = line?.dataset.dispatch ?? document.getElementById("receiving")?.dataset.chosen ?? "";
  return { kind, items, dispatch };
}

/** Open an exception; answers {id, url, sentence}. Throws Refused with the server's sentence. */
export function report({ kind, items, dispatch = "", other = "", words = "" }) {
  return post("/exceptions", { kind, items, dispatch, other, note: words });
}

/** The form where the rest is told, with what is known filled in. */
function formFor({ kind, items, dispatch }) {
  const known = new URLSearchParams({ kind, dispatch });
  for (const epc of items.slice(0, 50)) known.append("item", epc);
  return `${box?.dataset.form ?? "/exceptions/new"}?${known}`;
}

const keyOf = ({ kind, items }) => `${kind} ${items.join(" ")}`;

async function onReport(button) {
  const about = aboutOf(button);
  button.disabled = true;
  try {
    const found = await report(about);
    opened.set(keyOf(about), found);
    const place = button.closest("[data-report]");
    place?.replaceChildren(linkTo(found));
    tell(button, note("again", make("a", { href: found.url }, found.sentence)));
    show(false);
  } catch (error) {
    const more = error.status >= 400 && error.status < 500;
    tell(button, more ? note("again", error.message, " ", make("a", { href: formFor(about) }, box?.dataset.more)) : note("stop", error.message));
  } finally {
    button.disabled = false;
  }
}

const linkTo = ({ url, id }) => make("a", { href: url, class: "button plain" }, `${box?.dataset.exception ?? ""} ${id}`);

function tell(button, message) {
  const place = said ?? button.parentElement.appendChild(make("div", { "aria-live": "polite" }));
  place.replaceChildren(message);
}

/** A button, or what was opened already, in the place that every line has for it. */
function fill() {
  for (const place of document.querySelectorAll("[data-exception-kind] [data-report]:empty")) {
    const known = opened.get(keyOf(aboutOf(place)));
    place.append(known ? linkTo(known) : make("button", { type: "button", "data-report-line": true }, box?.dataset.line));
  }
}

function show(shown) {
  const button = box?.querySelector("[data-report-open]");
  if (!button) return;
  button.setAttribute("aria-expanded", String(shown));
  document.getElementById("report-kinds").hidden = !shown;
}

document.addEventListener("differences", fill);
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-exception-kind], button[data-report-line]");
  if (button) onReport(button);
});
box?.querySelector("[data-report-open]").addEventListener("click", (event) => {
  show(event.currentTarget.getAttribute("aria-expanded") !== "true");
});
fill();
