// The picture of a lot's way: fetched after the page, since it may take a while, and again for another day.

import { settle } from "./say.js";

const box = document.getElementById("way-box");
const picture = box?.querySelector("[data-picture]");
const slider = box?.querySelector("input[type=range]");
const days = box?.dataset.days.split(" ") ?? [];

let wanted = "";

async function draw(day) {
  wanted = day;
  const address = new URL(box.dataset.way, location);
  if (day) address.searchParams.set("at", day);
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected || wanted !== day) return;
  const open = picture.querySelector("details")?.open ?? false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const table = fresh.querySelector("details");
  if (table) table.open = open;
  picture.replaceChildren(...fresh.body.children);
}

const later = settle(150, () => {
  const last = Number(slider.value) === days.length - 1;
  draw(last ? "" : days[slider.value]);
});

if (box) {
  draw("");
  slider?.addEventListener("input", () => {
    const day = days[slider.value];
    box.querySelector("[data-until]").textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" })
      .format(new Date(`${day}T00:00Z`));
    const link = box.querySelector("[data-svg]");
    const address = new URL(link.href);
    address.searchParams.set("at", day);
    link.href = address;
    later();
  });
}
