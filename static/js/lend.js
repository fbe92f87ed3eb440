// Lend packs to another counter: a dispatch that says so, without a change of owner.

import { Basket, usable } from "./basket.js";
import { compose, paper } from "./events.js";
import { say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";

const terms = document.getElementById("terms");

if (terms) {
  const basket = new Basket(document.getElementById("basket"), { onChange: () => signing.refresh() });

  const drafts = () => {
    const { receiver, note } = terms.elements;
    if (!receiver.value || basket.epcs.length === 0 || basket.hasTwins) return null;
    const number = note.value.trim();
    return [compose("shipped", {
      items: basket.epcs, site: me.site, signer: me.name, evidence: "scanned", reason: say("reason-lent"),
      ends: { sender: me.party, senderSite: me.site, receiver: receiver.value, receiverSite: receiver.selectedOptions[0].dataset.site },
      orders: number ? [paper("lending", me.party, number)] : [],
    })];
  };
  const root = document.getElementById("signing");
  const signing = new Signing(root, {
    drafts, inside: () => basket.inside,
    onSigned: () => {
      basket.clear();
      scanner.recount();
    },
  });
  root.addEventListener("checked", ({ detail }) => detail.forEach(({ item, text }) => item && basket.blame(item, text)));
  terms.addEventListener("input", () => signing.refresh());
  terms.addEventListener("submit", (event) => event.preventDefault());
  const scanner = new Scanner(document.getElementById("scanner"), (reading) => (usable(reading) ? basket.add(reading) : "trouble"));
}
