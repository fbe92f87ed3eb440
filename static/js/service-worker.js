// Pages and files without a network. Served as /sw.js with BUILD in front of it: {version, files, away}. The
// network comes first, so that nobody works with old pages; what it does not give comes from this device.
// What was signed is delivered from here as well, when the browser says that the network is back.

import { deliverAll } from "/static/js/outbox.js";

const { version, files, away } = self.BUILD;
const STATIC = `static-${version}`;
const PAGES = "pages";
const PATIENCE = 5000; // ms that a kept page waits for a network that does not say no
const GATEWAY = new Set([502, 503, 504]); // a proxy that stands there alone

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(STATIC);
    await cache.addAll([...files, away].map((path) => new Request(path, { cache: "no-cache" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("static-") && name !== STATIC) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("message", ({ data }) => data === "claim" && self.clients.claim());

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
});

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(deliverAll());
});

async function file(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(STATIC)).match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

/** The page as it was kept on this device, whatever was asked of it: it reads that from its address. */
async function keptPage({ pathname }) {
  const path = pathname === "/" || pathname === "/start" ? "/home" : pathname;
  return (await caches.open(PAGES)).match(path, { ignoreSearch: true });
}

async function page(request, url) {
  const kept = await keptPage(url);
  try {
    const answer = await (kept ? Promise.race([fetch(request), tooLate()]) : fetch(request));
    if (!GATEWAY.has(answer.status)) return answer;
  } catch {
    // Away: what was kept will do.
  }
  return kept ?? (await caches.open(STATIC)).match(away);
}

function tooLate() {
  return new Promise((_, failed) => setTimeout(failed, PATIENCE));
}
