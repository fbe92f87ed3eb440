// Every page of somebody who is logged in: keeps the working pages and the stock on this device, sends what
// waits when it can, and says in the head how much that is.

import { remove } from "./database.js";
import * as outbox from "./outbox.js";
import { fact } from "./say.js";
import { refreshStock } from "./stock.js";

const PAGES = "pages"; // the service worker's
const KEPT = "pages-kept"; // whose, in which language, since when
const KEPT_FOR = 10 * 60_000; // ms after which the pages are fetched anew
const AGAIN = 5_000; // ms between tries while something waits

const badge = document.getElementById("outbox-badge");
const { login, pages } = document.body.dataset;

/** Brings the device up to date: what waits goes, then pages and stock come. */
export async function catchUp({ force = false } = {}) {
  await outbox.deliverAll();
  await Promise.all([keepPages(force), fact("login") && refreshStock({ force })]).catch(() => {}); // away, or logged out: later
  await showBadge();
}

async function keepPages(force) {
  if (!globalThis.caches || !navigator.serviceWorker?.controller) return;
  const { lang } = document.documentElement;
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  if (!force && kept.login === login && kept.lang === lang && Date.now() - kept.at < KEPT_FOR) return;
  if (kept.login && kept.login !== login) await forgetPages();
  const answers = [];
  for (const path of pages.split(" ")) {
    const answer = await fetch(path, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) answers.push([path, answer]);
  }
  if (leaving) return;
  const cache = await caches.open(PAGES);
  for (const [path, answer] of answers) await cache.put(path, answer);
  localStorage.setItem(KEPT, JSON.stringify({ login, lang, at: Date.now() }));
}

async function showBadge() {
  const { waiting, trouble } = await outbox.counts();
  badge.hidden = waiting + trouble === 0;
  badge.classList.toggle("stop", trouble > 0);
  badge.classList.toggle("again", trouble === 0);
  const { refused, waiting: pattern } = badge.dataset;
  const said = [trouble && refused.replace("%(n)s", trouble), waiting && pattern.replace("%(n)s", waiting)].filter(Boolean);
  // The head has room for the graver of the two.
  badge.querySelector("[data-said]").textContent = said[0] ?? "";
  badge.title = said.join(" · ");
  if (waiting) wait();
}

let timer;
function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => catchUp().catch(() => wait()), AGAIN);
  // Where the browser knows Background Sync, it also goes when no page is open.
  navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox")).catch(() => {});
}

async function forgetPages() {
  localStorage.removeItem(KEPT);
  await globalThis.caches?.delete(PAGES);
}

let leaving = false;

/** Pages and stock leave the device with the person; what was signed stays until it is in the log. */
async function leave(event) {
  event.preventDefault();
  leaving = true;
  const { target: form } = event;
  await Promise.allSettled([forgetPages(), remove("copies", "stock")]);
  form.submit();
}

async function begin() {
  outbox.onChange(showBadge);
  await showBadge();
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.addEventListener("controllerchange", () => keepPages(true).catch(() => {}));
    await navigator.serviceWorker.register("/sw.js", { type: "module", scope: "/", updateViaCache: "none" }).catch(() => {});
    // A page that was on its way while the worker began is not its client yet.
    navigator.serviceWorker.ready.then(({ active }) => !navigator.serviceWorker.controller && active.postMessage("claim"));
  }
  await catchUp();
}

if (login) {
  window.addEventListener("online", () => catchUp({ force: true }).catch(() => {}));
  document.querySelector("[data-logout]")?.addEventListener("submit", leave);
  begin().catch(() => {}); // a browser without storage works on, with the network
}
