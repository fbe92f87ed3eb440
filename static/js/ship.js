// Hand goods over: who gets them, what goes, sign.

import { Basket, usable } from "./basket.js";
import { compose, transaction } from "./events.js";
import { Picking } from "./picking.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";

const terms = document.getElementById("terms");
const blocked = document.getElementById("blocked");
const { ownership, receiver } = terms.elements;
const picking = new Picking(document.getElementById("picking"), () => basket.draw());
const basket = new Basket(document.getElementById("basket"), { onChange: changed, hint: (reading) => picking.sooner(reading) });
let chosen = false; // whether the person has said who becomes the owner

/** Ownership goes along where all of it is one's own, unless the person says otherwise. */
function changed() {
  const readings = [...basket.items.values()];
  if (!chosen) ownership.checked = readings.length > 0 && readings.every((reading) => reading.owned);
  blocked.hidden = !readings.some((reading) => reading.problem);
  picking.show(readings).then(tellPicked);
  basket.draw();
  tellPicked();
  signing.refresh();
}

const tellPicked = () => scanner.expect(picking.total.done, picking.total.of);

/** Order and despatch advice, each numbered by whoever issued it: the buyer, and ourselves. */
function papers() {
  const number = (name) => terms.elements[name].value.trim();
  return [["po", receiver.value, number("order")], ["desadv", me.party, number("advice")]]
    .filter(([, , given]) => given).map((paper) => transaction(...paper));
}

function drafts() {
  const items = basket.epcs;
  if (!receiver.value || items.length === 0 || basket.hasTwins) return null;
  return [compose("shipped", {
    items, site: me.site, signer: me.name, evidence: "scanned",
    ends: { sender: me.party, senderSite: me.site, receiver: receiver.value, receiverSite: receiver.selectedOptions[0].dataset.site },
    owners: ownership.checked ? [me.party, receiver.value] : undefined,
    orders: papers(),
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
picking.field.addEventListener("input", tellPicked);
const scanner = new Scanner(document.getElementById("scanner"), (reading) => (usable(reading) ? basket.add(reading) : "trouble"));
