// Lend packs to another counter: a dispatch that says so, without a change of owner.

import { paper } from "./events.js";
import { Handing } from "./handing.js";
import { say } from "./say.js";
import { me } from "./signing.js";

const terms = document.getElementById("terms");

if (terms) {
  new Handing(terms, () => {
    const number = terms.elements.note.value.trim();
    return { reason: say("reason-lent"), orders: number ? [paper("lending", me.party, number)] : [] };
  });
}
