// What a statement says, in a sentence: read back from the very bytes that will be signed.

import { count, fact, say, says } from "./say.js";

let names = {};
try {
  names = JSON.parse(fact("names") || "{}");
} catch {
  names = {};
}

/** A party or place by name, its number where it has none. */
export function nameOf(gln) {
  return names[gln] ?? gln;
}

/** Every registered product by its number, with its name. */
export const productNames = () => Object.fromEntries(Object.entries(names).filter(([number]) => number.length === 14));

const tail = (uri) => (uri ? uri.slice(uri.lastIndexOf("/") + 1) : "");

/** The canonical URI of an item in the human-readable form of GS1: (01)…(21)…. */
export function bracketed(uri) {
  const parts = new URL(uri).pathname.split("/").slice(1);
  const pairs = [];
  for (let n = 0; n + 1 < parts.length; n += 2) pairs.push(`(${parts[n]})${decodeURIComponent(parts[n + 1])}`);
  return pairs.join(" ");
}

/** pack, container or asset. */
function kindOf(uri) {
  const path = new URL(uri).pathname;
  if (path.startsWith("/00/")) return "unit";
  if (path.startsWith("/01/0")) return "pack";
  return path.startsWith("/01/") ? "case" : "asset";
}

/**
 * "1 container (60 packs inside) and 12 packs". `inside` maps an EPC to the packs known to be in it, and to null
 * what is itself inside another one named: it was scanned there, and counts with its container.
 */
export function amountOf(uris, inside = new Map()) {
  const counts = { unit: 0, case: 0, pack: 0, asset: 0 };
  let contained = 0;
  let opened = 0;
  for (const uri of uris) {
    if (inside.get(uri) === null) opened += 1;
    else counts[kindOf(uri)] += 1;
    contained += inside.get(uri) ?? 0;
  }
  const said = Object.entries(counts).filter(([, n]) => n).map(([kind, n]) => count(kind, n));
  const whole = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" }).format(said);
  if (opened) return say("with-inside-scanned", { what: whole, inside: count("pack", contained), n: opened });
  return contained ? say("with-inside", { what: whole, inside: count("pack", contained) }) : whole;
}

/** The one product that all of some packs are of; empty where there are several, or none has a name. */
function productOf(uris) {
  const gtins = new Set(uris.map((uri) => new URL(uri).pathname.match(/^\/01\/(\d{14})\//)?.[1]));
  const [gtin] = gtins;
  return gtins.size === 1 && gtin ? names[gtin] ?? gtin : "";
}

/** 14:32 +01:00 today, else with its date. */
export function moment(text) {
  const [date, rest] = text.split("T");
  const time = rest.replace(/^(\d\d:\d\d):\d\d(\.\d+)?/, "$1 ").replace(/Z$/, "UTC");
  const now = new Date();
  const today = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
  return date === today ? time : `${date}, ${time}`;
}

function ends(core) {
  const find = (list, word) => tail((list ?? []).find((one) => one.type === "possessing_party")?.[word]);
  return { from: nameOf(find(core.sourceList, "source")), to: nameOf(find(core.destinationList, "destination")) };
}

const owner = (list, word) => nameOf(tail((list ?? []).find((one) => one.type === "owning_party")?.[word]));

/** What of an event's items is spoken of: those acted on, those made of them, those found missing. */
function namedIn({ type }, items) {
  const of = (role) => items.filter((item) => item[0] === role).map((item) => item.slice(1));
  if (type === "TransformationEvent") return { named: of("i"), made: of("o"), missing: [] };
  if (type === "AggregationEvent") return { named: of("c"), made: [], missing: [] };
  return { named: of("e"), made: [], missing: of("c") };
}

function amountSaid(uris, inside) {
  const amount = uris.length ? amountOf(uris, inside) : "";
  const product = uris.length ? productOf(uris) : "";
  return product ? say("of-product", { what: amount, product }) : amount;
}

/** Which sentence says an act: some acts mean different things in different circumstances. */
function keyOf({ ref, destinationList, errorDeclaration }, { meaning, reason, counts }, named) {
  if (meaning === "corrected") return errorDeclaration.reason === "did_not_occur" ? "sign-corrected_not_so" : "sign-corrected_wrong";
  if (counts) return "sign-recall_reported";
  if (meaning === "counted" && reason) return "sign-counted_missing";
  if (meaning === "received" && !ref) return "sign-received_unmatched";
  if (meaning === "return_received" && !ref) return "sign-return_received_unmatched";
  if (meaning === "exported" && !destinationList) return "sign-exported_abroad";
  if (meaning === "unpacked" && named.length === 0) return "sign-unpacked_all";
  if (meaning === "destruction_agreed" || (meaning === "moved" && reason?.startsWith("destruction"))) return "sign-set_out";
  return `sign-${meaning}`;
}

/**
 * The sentence of a custody statement. `claims` and `body` are parsed back from the drafted bytes;
 * body is {core, terms, items} with core and terms as text.
 */
export function describe(iss, body, inside = new Map()) {
  const core = JSON.parse(body.core);
  const terms = JSON.parse(body.terms);
  const { named, made, missing } = namedIn(core, body.items);
  const values = {
    party: nameOf(iss),
    ...ends(core),
    what: amountSaid(named, inside),
    made: amountSaid(made, inside),
    when: moment(core.eventTime),
    owner: owner(terms.destinationList, "destination"),
    before: owner(terms.sourceList, "source"),
    parent: core.parentID ? bracketed(core.parentID) : "",
    lot: core.ilmd?.["cbvmda:lotNumber"] ?? "",
    expiry: core.ilmd?.["cbvmda:itemExpirationDate"] ?? "",
    reason: terms.reason ?? "",
    place: nameOf(tail((core.bizLocation ?? core.readPoint)?.id)),
    taken: terms.amount?.taken ?? "",
    left: terms.amount?.left ?? "",
    ...recalled(terms),
  };
  const key = keyOf(core, terms, named);
  return [say(key, values), ...moreOf(key, terms, values, missing)].join(" ");
}

/** Sentences after the first: what the act itself has no place for. */
function moreOf(key, terms, values, missing) {
  const papers = (terms.bizTransactionList ?? []).map(({ type, bizTransaction: uri }) =>
    say("sign-paper", { kind: say(`paper-${type}`), number: decodeURIComponent(uri.slice(uri.lastIndexOf(":") + 1)) }));
  const shipping = terms.meaning === "shipped" || terms.meaning === "returned";
  return [
    missing.length ? say("sign-missing", { missing: count("pack", missing.length) }) : "",
    shipping && values.owner ? say("sign-owner", values) : "",
    papers.length ? `${papers.join(", ")}.` : "",
    terms.reason && terms.meaning !== "corrected" && !says(key, "reason") ? say("sign-reason", values) : "",
  ].filter(Boolean);
}

/** What the answer to a recall says: packs on hand, and what became of the others. */
function recalled(terms) {
  if (terms.meaning !== "recall_answered") return {};
  const onHand = (terms.quantityList ?? []).reduce((sum, { quantity }) => sum + quantity, 0);
  return { ...terms.counts, onHand: count("pack", onHand) };
}

/** The sentence of a registry statement, from its act. */
export function describeAct(iss, act) {
  const lots = [
    ...(act.products ?? []).map((gtin) => names[gtin] ?? gtin),
    ...(act.lots ?? []).map((lot) => `${names[lot.gtin] ?? lot.gtin} ${say("lot")} ${lot.lot}`),
    ...(act.items?.length ? [amountOf(act.items)] : []),
  ];
  const values = {
    party: nameOf(iss), lots: lots.join(", "), level: say(`level-${act.level}`), class: act.class, reason: act.reason ?? "",
    role: say(`role-${act.role}`), kid: act.kid ?? "", name: act.name ?? "", gtin: act.gtin ?? "", gln: act.gln ?? "",
    n: act.documents?.length ?? 0,
  };
  return say(`sign-act-${act.drill ? "recall_drill" : act.type}`, values);
}
