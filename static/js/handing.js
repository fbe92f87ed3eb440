// Goods handed over: what shipping and lending have in common, from the basket to the signature.

import { Basket, usable } from "./basket.js";
import { compose } from "./events.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";

/**
 * Goods are scanned into a basket and go to the receiver chosen in `terms`, under one signature. `details()` gives
 * what the dispatch says besides, as `compose` takes it; `changed` runs when the basket has changed.
 */
export class Handing {
  constructor(terms, details, { changed = () => {}, hint } = {}) {
    Object.assign(this, { terms, details });
    this.basket = new Basket(document.getElementById("basket"), {
      hint,
      onChange: () => {
        changed();
        this.signing.refresh();
      },
    });
    const root = document.getElementById("signing");
    this.signing = new Signing(root, {
      drafts: () => this.drafts(), inside: () => this.basket.inside,
      onSigned: () => {
        this.basket.clear();
        this.scanner.recount();
      },
    });
    root.addEventListener("checked", ({ detail }) => detail.forEach(({ item, text }) => item && this.basket.blame(item, text)));
    terms.addEventListener("input", () => this.signing.refresh());
    this.scanner = new Scanner(document.getElementById("scanner"), (reading) => (usable(reading) ? this.basket.add(reading) : "trouble"));
  }

  drafts() {
    const { receiver } = this.terms.elements;
    const items = this.basket.epcs;
    if (!receiver.value || items.length === 0 || this.basket.hasTwins) return null;
    return [compose("shipped", {
      items, site: me.site, signer: me.name, evidence: "scanned",
      ends: { sender: me.party, senderSite: me.site, receiver: receiver.value, receiverSite: receiver.selectedOptions[0].dataset.site },
      ...this.details(),
    })];
  }
}
