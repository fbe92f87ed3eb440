// From an act in the words of the trade to the event that is signed: the browser's twin of
// custody/compose.py. Members stand in the order of epcis/parts.py, absent when empty.

const party = (gln) => `https://id.gs1.org/417/${gln}`;
const place = (gln) => `https://id.gs1.org/414/${gln}`;

// meaning: type, action, step, disposition, role of its items
const ACTS = {
  commissioned: ["ObjectEvent", "ADD", "commissioning", "active", "e"],
  opened: ["ObjectEvent", "ADD", "commissioning", "active", "e"],
  packed: ["AggregationEvent", "ADD", "packing", "in_progress", "c"],
  unpacked: ["AggregationEvent", "DELETE", "unpacking", "in_progress", "c"],
  shipped: ["ObjectEvent", "OBSERVE", "shipping", "in_transit", "e"],
  voided: ["ObjectEvent", "OBSERVE", "void_shipping", "in_progress", "e"],
  received: ["ObjectEvent", "OBSERVE", "receiving", "in_progress", "e"],
  refused: ["ObjectEvent", "OBSERVE", "shipping", "returned", "e"],
  dispensed: ["ObjectEvent", "OBSERVE", "dispensing", "dispensed", "e"],
  partly_dispensed: ["ObjectEvent", "OBSERVE", "dispensing", "partially_dispensed", "e"],
  undone: ["ObjectEvent", "OBSERVE", "stocking", "available", "e"],
  recall_held: ["ObjectEvent", "OBSERVE", "holding", "recalled", "e"],
  held: ["ObjectEvent", "OBSERVE", "holding", "non_sellable_other", "e"],
  released: ["ObjectEvent", "OBSERVE", "inspecting", "conformant", "e"],
};

const two = (n) => String(n).padStart(2, "0");

/** A moment as events and claims write it: 2026-11-23T14:32:00+01:00. */
export function stamp(date = new Date()) {
  const offset = -date.getTimezoneOffset();
  const size = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
    + `T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}${zone}`;
}

/** Drops what is absent, so that JSON.stringify writes exactly the members that are there. */
function present(members) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) =>
    value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0)));
}

const end = (word, gln, site) =>
  [{ type: "possessing_party", [word]: party(gln) }, ...(site ? [{ type: "location", [word]: place(site) }] : [])];

/**
 * The event of an act: {core, terms, items} with core and terms as the JSON text that is signed.
 * `ends` is {sender, senderSite, receiver, receiverSite}; `owners` is [before, after]; `orders` is
 * [[type, URI], …]; `amount` is {taken, left}; `ref` holds statement ids; all places and parties are GLNs.
 */
export function compose(meaning, {
  time = stamp(), items = [], missing = [], site, ends, parent, lot, ref = [], signer, owners, orders = [],
  disposition, amount, reason, evidence,
}) {
  const [type, action, step, usual, role] = ACTS[meaning];
  const here = site ? { id: place(site) } : null;
  const core = present({
    type, eventTime: time, eventTimeZoneOffset: time.slice(-6), action, bizStep: step,
    disposition: disposition ?? usual, readPoint: here, bizLocation: here,
    sourceList: ends && end("source", ends.sender, ends.senderSite),
    destinationList: ends && end("destination", ends.receiver, ends.receiverSite),
    parentID: parent,
    ilmd: lot && { "cbvmda:lotNumber": lot.number, "cbvmda:itemExpirationDate": lot.expiry },
    ref,
  });
  const terms = present({
    meaning, signer,
    sourceList: owners && [{ type: "owning_party", source: party(owners[0]) }],
    destinationList: owners && [{ type: "owning_party", destination: party(owners[1]) }],
    bizTransactionList: orders.map(([kind, uri]) => ({ type: kind, bizTransaction: uri })),
    amount, reason, evidence,
  });
  return {
    core: JSON.stringify(core),
    terms: JSON.stringify(terms),
    items: [...items.map((epc) => role + epc), ...missing.map((epc) => `c${epc}`)],
  };
}

/** An order number as the URI that CBV 2.0 (8.5) asks for. */
export function order(partyGln, number) {
  return ["po", `urn:epcglobal:cbv:bt:${partyGln}:${encodeURIComponent(number)}`];
}

/** A business document of a kind that CBV has no word for: prescription, lending. */
export function paper(kind, partyGln, number) {
  return [`urn:uuid:c52ab427-cb35-45e4-9880-f4d4eb417ea4#${kind}`, order(partyGln, number)[1]];
}
