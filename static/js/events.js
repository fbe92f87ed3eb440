// From an act in the words of the trade to the event that is signed: the browser's twin of
// custody/compose.py. Members stand in the order of epcis/parts.py, absent when empty.

const party = (gln) => `https://id.gs1.org/417/${gln}`;
const place = (gln) => `https://id.gs1.org/414/${gln}`;

// meaning: type, action, step, disposition; the first of several, where custody/acts.py allows several
const [OBJECT, AGGREGATION, TRANSFORMATION] = ["ObjectEvent", "AggregationEvent", "TransformationEvent"];
const ACTS = {
  commissioned: [OBJECT, "ADD", "commissioning", "active"],
  opened: [OBJECT, "ADD", "commissioning", "active"],
  packed: [AGGREGATION, "ADD", "packing", "in_progress"],
  unpacked: [AGGREGATION, "DELETE", "unpacking", "in_progress"],
  shipped: [OBJECT, "OBSERVE", "shipping", "in_transit"],
  voided: [OBJECT, "OBSERVE", "void_shipping", "in_progress"],
  received: [OBJECT, "OBSERVE", "receiving", "in_progress"],
  refused: [OBJECT, "OBSERVE", "shipping", "returned"],
  returned: [OBJECT, "OBSERVE", "shipping", "returned"],
  return_received: [OBJECT, "OBSERVE", "receiving", "returned"],
  taken_back: [OBJECT, "OBSERVE", "receiving", "returned"],
  ownership_offered: [OBJECT, "OBSERVE", "accepting", "in_progress"],
  ownership_accepted: [OBJECT, "OBSERVE", "accepting", "in_progress"],
  moved: [OBJECT, "OBSERVE", "storing", "in_progress"],
  dispensed: [OBJECT, "OBSERVE", "dispensing", "dispensed"],
  partly_dispensed: [OBJECT, "OBSERVE", "dispensing", "partially_dispensed"],
  undone: [OBJECT, "OBSERVE", "stocking", "available"],
  held: [OBJECT, "OBSERVE", "holding", "non_sellable_other"],
  released: [OBJECT, "OBSERVE", "inspecting", "conformant"],
  sampled: [OBJECT, "OBSERVE", "sampling", "non_sellable_other"],
  decommissioned: [OBJECT, "DELETE", "decommissioning", "inactive"],
  exported: [OBJECT, "OBSERVE", "shipping", "in_transit"],
  destruction_agreed: [OBJECT, "OBSERVE", "destroying", "non_sellable_other"],
  destroyed: [OBJECT, "DELETE", "destroying", "destroyed"],
  stolen: [OBJECT, "OBSERVE", null, "stolen"],
  lost: [OBJECT, "OBSERVE", null, "unknown"],
  found: [OBJECT, "OBSERVE", null, "non_sellable_other"],
  repackaged: [TRANSFORMATION, null, "repackaging", "active"],
  relabelled: [TRANSFORMATION, null, "repackaging", "active"],
  counted: [OBJECT, "OBSERVE", "cycle_counting", "in_progress"],
  recall_answered: [OBJECT, "OBSERVE", "cycle_counting", "recalled"],
  recall_held: [OBJECT, "OBSERVE", "holding", "recalled"],
};
const ROLES = { [OBJECT]: "e", [AGGREGATION]: "c", [TRANSFORMATION]: "o" };

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
 * [[type, URI], …]; `amount` is {taken, left}; `label` is the {lot, expiry} printed on packs whose commissioning
 * the log has not seen; `quantities` is [[class URI, packs], …] and `counts` {onHand, returned, destroyed,
 * dispensed, missing}, both of the answer to a recall; `ref` holds statement ids; all places and parties are GLNs.
 * `items` are the outputs of a repackaging, whose `inputs` come separately.
 */
export function compose(meaning, {
  time = stamp(), items = [], missing = [], inputs = [], site, ends, parent, lot, ref = [], signer, owners, orders = [],
  disposition, step, quantities = [], amount, counts, reason, evidence, label, extra = {},
}) {
  const [type, action, firstStep, usual] = ACTS[meaning];
  const here = site ? { id: place(site) } : null;
  const core = present({
    type, eventTime: time, eventTimeZoneOffset: time.slice(-6), action, bizStep: step ?? firstStep,
    disposition: disposition ?? usual, readPoint: here, bizLocation: here,
    sourceList: ends && end("source", ends.sender, ends.senderSite),
    destinationList: ends && end("destination", ends.receiver, ends.receiverSite),
    parentID: parent,
    ilmd: lot && { "cbvmda:lotNumber": lot.number, "cbvmda:itemExpirationDate": lot.expiry },
    ref, exported: meaning === "exported" || null,
  });
  const terms = present({
    meaning, signer,
    sourceList: owners && [{ type: "owning_party", source: party(owners[0]) }],
    destinationList: owners && [{ type: "owning_party", destination: party(owners[1]) }],
    bizTransactionList: orders.map(([kind, uri]) => ({ type: kind, bizTransaction: uri })),
    quantityList: quantities.map(([epcClass, quantity]) => ({ epcClass, quantity })),
    amount, counts, reason, evidence,
    "cbvmda:lotNumber": label?.lot, "cbvmda:itemExpirationDate": label?.expiry, ...extra,
  });
  const named = (role, epcs) => epcs.map((epc) => role + epc);
  return {
    core: JSON.stringify(core),
    terms: JSON.stringify(terms),
    items: [...named("i", inputs), ...named(ROLES[type], items), ...named("c", missing)],
  };
}

/**
 * The correction of a statement: its event {core, terms, items} once more, with an error declaration.
 * `statement` is its id, `reason` a word of CBV, `countersigned` ids of the same correction by others.
 */
export function correction(original, statement, { time = stamp(), reason = "did_not_occur", signer, countersigned = [] }) {
  const declared = { errorDeclaration: { declarationTime: time, reason }, ref: [statement, ...countersigned] };
  const { exported, ref: _, ...core } = JSON.parse(original.core);
  const { meaning: _meaning, signer: _signer, ...terms } = JSON.parse(original.terms);
  return {
    core: JSON.stringify(present({ ...core, ...declared, exported })),
    terms: JSON.stringify(present({ meaning: "corrected", signer, ...terms })),
    items: original.items,
  };
}

/** A business document as the URI that CBV 2.0 (8.5) asks for; `kind` is po, desadv, rma, cert … */
export function transaction(kind, partyGln, number) {
  return [kind, `urn:epcglobal:cbv:bt:${partyGln}:${encodeURIComponent(number)}`];
}

/** A business document of a kind that CBV has no word for: prescription, lending. */
export function paper(kind, partyGln, number) {
  return [`urn:uuid:c52ab427-cb35-45e4-9880-f4d4eb417ea4#${kind}`, transaction("po", partyGln, number)[1]];
}
