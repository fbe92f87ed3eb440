// Hand goods over: who gets them, what goes, sign.

import { Basket, usable } from "./basket.js";
import { compose, order } from "./events.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";

const terms = document.getElementById("terms");
const { ownership } = terms.elements;
const basket = new Basket(document.getElementById("basket"), { onChange: changed });
let chosen = false; // whether the person has said who becomes the owner

/** Ownership goes along where all of it is one's own, unless the person says otherwise. */
function changed() {
  const readings = [...basket.items.values()];
  if (!chosen) ownership.checked = readings.length > 0 && readings.every((reading) => reading.owned);
  signing.refresh();
}

function drafts() {
  const items = basket.epcs;
  const receiver = terms.elements.receiver.value;
  if (!receiver || items.length === 0 || basket.hasTwins) return null;
  const { order: number } = terms.elements;
  return [compose("shipped", {
    items, site: me.site, signer: me.name, evidence: "scanned",
    ends: { sender: me.party, senderSite: me.site, receiver, receiverSite: terms.elements.receiver.selectedOptions[0].dataset.site },
    owners: ownership.checked ? [me.party, receiver] : undefined,
    orders: number.value.trim() ? [order(me.party, number.value.trim())] : [],
  })];
}

const root = document.getElementById("signing");
const signing = new Signing(root, {
  drafts, inside: () => basket.inside,
  onSigned: () => {
    basket.clear();
    scanner.recount();
  },
});
root.addEventListener("checked", ({ detail }) => detail.forEach(({ item, text }) => item && basket.blame(item, text)));
ownership.addEventListener("change", () => {
  chosen = true;
});
terms.addEventListener("input", () => signing.refresh());
terms.addEventListener("submit", (event) => event.preventDefault());
const scanner = new Scanner(document.getElementById("scanner"), (reading) => (usable(reading) ? basket.add(reading) : "trouble"));
