// New packs of one lot: serials made here, out of a list, or scanned.

import { Basket, usable } from "./basket.js";
import { compose } from "./events.js";
import { note, say } from "./say.js";
import { Scanner } from "./scan.js";
import { listed, newSerials, SERIAL, uri } from "./serials.js";
import { me, Signing } from "./signing.js";

const LARGEST = 1000; // items in one statement
const terms = document.getElementById("terms");
const trouble = document.getElementById("list-trouble");

if (terms) {
  const way = () => terms.elements.way.value;
  let made = [];
  let timer = null;

  const basket = new Basket(document.getElementById("basket"), { onChange: () => signing.refresh() });

  const chosen = () => {
    const gtin = terms.elements.gtin.value;
    if (way() === "scan") return basket.epcs;
    if (way() === "list") return listed(terms.elements.serials.value).map((serial) => uri(gtin, serial));
    return made.map((serial) => uri(gtin, serial));
  };

  const complain = () => {
    const notes = [];
    if (way() === "list") {
      const serials = listed(terms.elements.serials.value);
      const wrong = serials.filter((serial) => !SERIAL.test(serial));
      if (wrong.length) notes.push(note("stop", say("bad-serials", { n: wrong.length, first: wrong[0] })));
      const twice = serials.length - new Set(serials).size;
      if (twice) notes.push(note("stop", say("twice", { n: twice })));
    }
    trouble.replaceChildren(...notes);
    return notes.length > 0;
  };

  const drafts = () => {
    const { gtin, lot, expiry } = terms.elements;
    if (complain() || (way() === "scan" && basket.hasTwins) || !gtin.value || !lot.value.trim() || !expiry.value) return null;
    const items = chosen();
    if (items.length === 0) return null;
    const acts = [];
    for (let first = 0; first < items.length; first += LARGEST) {
      acts.push(compose("commissioned", {
        items: items.slice(first, first + LARGEST), site: me.site, signer: me.name,
        lot: { number: lot.value.trim(), expiry: expiry.value },
        evidence: way() === "scan" ? "scanned" : undefined,
      }));
    }
    return acts;
  };

  const signing = new Signing(document.getElementById("signing"), { drafts, onSigned: () => scanner.recount() });

  const makeSerials = () => {
    const wanted = Math.min(100000, Math.max(0, Number(terms.elements.count.value) || 0));
    made = newSerials(wanted, made);
  };
  terms.addEventListener("input", (event) => {
    if (event.target.name === "count") {
      clearTimeout(timer);
      timer = setTimeout(() => {
        makeSerials();
        signing.refresh();
      }, 150);
    }
    signing.refresh();
  });
  terms.addEventListener("change", async (event) => {
    if (event.target.name === "way") {
      for (const part of document.querySelectorAll("[data-way]")) part.hidden = part.dataset.way !== way();
      signing.refresh();
    } else if (event.target.name === "csv" && event.target.files.length) {
      terms.elements.serials.value = await event.target.files[0].text();
      event.target.value = "";
      signing.refresh();
    }
  });
  const scanner = new Scanner(document.getElementById("scanner"), (reading) => {
    if (!usable(reading)) return "trouble";
    const { gtin, lot, expiry } = terms.elements;
    // The first scanned pack fills in what the label says.
    if (reading.gtin && [...gtin.options].some((option) => option.value === reading.gtin)) gtin.value = reading.gtin;
    if (!lot.value && reading.lot) lot.value = reading.lot;
    if (!expiry.value && reading.expiry) expiry.value = reading.expiry;
    return basket.add(reading);
  });
}
