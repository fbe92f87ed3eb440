// Hand goods over: who gets them, what goes, sign.

import { transaction } from "./events.js";
import { Handing } from "./handing.js";
import { Picking } from "./picking.js";
import { me } from "./signing.js";

const terms = document.getElementById("terms");
const blocked = document.getElementById("blocked");
const { ownership, receiver } = terms.elements;
const picking = new Picking(document.getElementById("picking"), () => handing.basket.draw());
const handing = new Handing(terms, details, { changed, hint: (reading) => picking.sooner(reading) });
let chosen = false; // whether the person has said who becomes the owner

/** Ownership goes along where all of it is one's own, unless the person says otherwise. */
function changed() {
  const readings = [...handing.basket.items.values()];
  if (!chosen) ownership.checked = readings.length > 0 && readings.every((reading) => reading.owned);
  blocked.hidden = !readings.some((reading) => reading.problem);
  picking.show(readings).then(tellPicked);
  handing.basket.draw();
  tellPicked();
}

const tellPicked = () => handing.scanner.expect(picking.total.done, picking.total.of);

/** Order and despatch advice, each numbered by whoever issued it: the buyer, and ourselves. */
function papers() {
  const number = (name) => terms.elements[name].value.trim();
  return [["po", receiver.value, number("order")], ["desadv", me.party, number("advice")]]
    .filter(([, , given]) => given).map((paper) => transaction(...paper));
}

function details() {
  return { owners: ownership.checked ? [me.party, receiver.value] : undefined, orders: papers() };
}

ownership.addEventListener("change", () => {
  chosen = true;
});
picking.field.addEventListener("input", tellPicked);
