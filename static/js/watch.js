// The dashboard keeps itself up to date while somebody looks at it.

const EVERY = 15_000; // milliseconds
const box = document.getElementById("watch");

async function renew() {
  if (document.hidden) return;
  try {
    const response = await fetch(box.dataset.part, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return;
    const open = new Set([...box.querySelectorAll("details[open]")].map((one) => one.dataset.keep));
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const one of fresh.querySelectorAll("details")) one.open = open.has(one.dataset.keep);
    if (!box.contains(document.activeElement)) box.replaceChildren(...fresh.body.children);
  } catch {
    // The server is away: what is shown says as of when, and the next look tries again.
  }
}

setInterval(renew, EVERY);
document.addEventListener("visibilitychange", renew);
