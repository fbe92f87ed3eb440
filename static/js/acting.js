// From what a short form says to the events that are signed. No page here: act.js reads the form.

import { compose, transaction } from "./events.js";
import { uri } from "./serials.js";

const LARGEST = 1000; // items in one statement
// How the reason of the first of two signatures on a destruction begins where the rules are older than version 3:
// actforms.py reads it.
const DESTRUCTION = "destruction";

/** What is still to be said before anything can be signed: keys of sentences, in the order of the page. */
export function lacking(spec, said) {
  const has = (field) => spec.fields.includes(field);
  return [
    [said.items.length === 0 && !has("offer"), "lacks-goods"],
    [Object.keys(spec.outcomes).length > 0 && !said.outcome, "lacks-outcome"],
    [has("offer") && !said.answered, "lacks-offer"],
    [(has("receiver") || has("carrier")) && !said.receiver, "lacks-receiver"],
    [has("owner") && !said.owner, "lacks-owner"],
    [has("site") && !said.place, "lacks-place"],
    [spec.asksWhy && !said.reason && !(has("agreement") && said.answered), "lacks-reason"],
    [has("output") && !(said.output.lot && said.output.expiry && said.output.serials.length), "lacks-output"],
  ].filter(([lacks]) => lacks).map(([, key]) => key);
}

/** The events of a form, {core, terms, items} each, in the order in which they are signed. */
export function eventsOf(spec, said, me) {
  const has = (field) => spec.fields.includes(field);
  if (has("output")) return [transformation(spec, said, me)];
  if (has("offer")) return acceptances(spec, said, me);
  if (has("dispatch")) return takings(spec, said, me);
  if (has("agreement")) return said.answered ? endings(spec, said, me) : settings(spec, said, me);
  return plain(spec, said, me);
}

// Orders and return numbers are issued by the other side, everything else by ourselves (CBV 2.0, 8.5.2).
const issuerOf = (kind, said, me) => (kind === "po" || kind === "rma" ? said.receiver || said.owner || me.party : me.party);

const common = (said, me) => ({
  site: me.site, signer: me.name, evidence: said.evidence, reason: said.reason,
  orders: said.papers.map(([kind, number]) => transaction(kind, issuerOf(kind, said, me), number)),
});

/** One event for every thousand items. */
function inParts(meaning, items, more) {
  const made = [];
  for (let first = 0; first < items.length; first += LARGEST) {
    made.push(compose(meaning, { ...more, items: items.slice(first, first + LARGEST) }));
  }
  return made;
}

function plain(spec, said, me) {
  const more = common(said, me);
  if (said.receiver) more.ends = { sender: me.party, senderSite: me.site, receiver: said.receiver, receiverSite: said.receiverSite };
  if (said.owner) more.owners = [me.party, said.owner];
  if (said.place) more.site = said.place;
  if (spec.code) more.reason = spec.code;
  if (said.outcome) more.disposition = spec.outcomes[said.outcome].disposition ?? undefined;
  return inParts(said.outcome || spec.meaning, said.items, more);
}

/** What was announced answers its dispatch; what nobody announced is taken back by itself. */
function takings(spec, said, me) {
  const announced = new Set(said.answered?.items.map((item) => item.epc));
  const { from, fromSite, id } = said.answered ?? {};
  const ends = { sender: from, senderSite: fromSite, receiver: me.party, receiverSite: me.site };
  const more = common(said, me);
  return [
    ...inParts(spec.meaning, said.items.filter((epc) => announced.has(epc)), { ...more, ends, ref: [id] }),
    ...inParts(spec.meaning, said.items.filter((epc) => !announced.has(epc)), more),
  ];
}

/** The goods of an offer: those that were scanned, or all of them, unseen. */
function acceptances(spec, said, me) {
  const { items, from, id } = said.answered;
  const seen = said.items.length > 0;
  const more = { ...common(said, me), evidence: seen ? said.evidence : "claimed", owners: [from, me.party], ref: [id] };
  return inParts(spec.meaning, seen ? said.items : items.map((item) => item.epc), more);
}

function settings(spec, said, me) {
  if (spec.agrees) return inParts("destruction_agreed", said.items, common(said, me));
  const reason = [DESTRUCTION, said.reason].join(": ");
  return inParts("moved", said.items, { ...common(said, me), step: "staging_outbound", reason });
}

function endings(spec, said, me) {
  const { id, reason } = said.answered;
  return inParts(spec.meaning, said.items, { ...common(said, me), ref: [id], reason: said.reason || reason });
}

function transformation(spec, said, me) {
  const { gtin, lot, expiry, serials } = said.output;
  return compose(spec.meaning, {
    ...common(said, me), inputs: said.items, items: serials.map((serial) => uri(gtin, serial)), lot: { number: lot, expiry },
  });
}
