// The statement, version 1: the twin of traceability/proof/statement.py, for browsers and Node alike.
// Both run tests/vectors/statements.json. What is parsed is spelt again and compared: one spelling only.

export const CUSTODY = "custody+jws";
export const REGISTRY = "registry+jws";

const MAX_JWS = 65535;
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const ORIGIN = /^[!#-*,-[\]-~]{1,255}$/;
const PARTY = /^[0-9]{13}$/;
const TIME = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})([+-])([0-9]{2}):([0-9]{2})$/;
const NAME = /^[A-Za-z][A-Za-z0-9_:.-]*$/;
const ITEM = /^[ecio][!-~]+$/;

export const utf8 = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** A statement or body that is not what it must be; the message is for developers, in English. */
export class ProofError extends Error {}

function expect(holds, what) {
  if (!holds) throw new ProofError(`Expected ${what}`);
}

/** Bytes one after the other. */
export function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function uint32be(number) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** base64url without padding (RFC 7515 section 2). */
export function b64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The inverse of `b64`; any other spelling is refused. */
export function unb64(encoded) {
  expect(typeof encoded === "string" && /^[A-Za-z0-9_-]*$/.test(encoded) && encoded.length % 4 !== 1, "base64url without padding");
  const bytes = Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  expect(b64(bytes) === encoded, "base64url with zero trailing bits");
  return bytes;
}

/** RFC 7638 thumbprint of a P-256 key given as JWK: the kid. */
export async function thumbprint({ crv, kty, x, y }) {
  return b64(await sha256(utf8(JSON.stringify({ crv, kty, x, y }))));
}

/** The time, when it is spelt YYYY-MM-DDThh:mm:ss±hh:mm and the calendar has it. */
export function verifyTime(time) {
  const parts = TIME.exec(time);
  expect(parts && !time.endsWith("-00:00"), "a time as YYYY-MM-DDThh:mm:ss±hh:mm");
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const [hours, minutes] = [Number(parts[8]), Number(parts[9])];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  expect(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1], "a day of the calendar");
  expect(hour < 24 && minute < 60 && second < 60 && hours < 24 && minutes < 60, "a time of the day");
  return time;
}

// Body and commitments

/** The JSON envelope of {nonce, core, terms, items}; core and terms are the exact JSON texts. */
export function formatBody({ nonce, core, terms, items }) {
  return JSON.stringify({ nonce: b64(nonce), core, terms, items });
}

/** The body in an envelope that `formatBody` wrote. */
export function parseBody(json) {
  const { nonce, core, terms, items } = parseJson(json) ?? {};
  expect(typeof core === "string" && typeof terms === "string" && Array.isArray(items), "core, terms and items in the body");
  const body = { nonce: unb64(nonce), core, terms, items };
  expect(formatBody(body) === json, "a body spelt in order, without white space and other members");
  expect(body.nonce.length === 32, "a nonce of 32 bytes");
  expect(items.every((item) => typeof item === "string" && ITEM.test(item)), "items of a role letter and a URI");
  for (const part of [core, terms]) {
    const value = parseJson(part);
    expect(value !== null && typeof value === "object" && !Array.isArray(value), "JSON objects in core and terms");
    expect(JSON.stringify(value) === part, "core and terms without white space, escapes and double members");
  }
  return body;
}

function parseJson(source) {
  try {
    return JSON.parse(source);
  } catch {
    throw new ProofError("Expected JSON");
  }
}

/** The salts of a body: HMAC-SHA256(nonce, label). */
export async function salts(nonce) {
  const key = await crypto.subtle.importKey("raw", nonce, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const derive = async (label) => new Uint8Array(await crypto.subtle.sign("HMAC", key, label));
  return {
    core: () => derive(utf8("core")),
    terms: () => derive(utf8("terms")),
    count: () => derive(utf8("count")),
    item: (index) => derive(joined(utf8("item"), uint32be(index))),
  };
}

/** SHA-256(0x00 ‖ item salt ‖ role ‖ uri). */
export const itemHash = (salt, item) => sha256(joined([0], salt, utf8(item)));

/** SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1. */
export const nodeHash = (left, right) => sha256(joined([1], left, right));

function nextLevel(hashes) {
  const above = [];
  for (let at = 0; at + 1 < hashes.length; at += 2) above.push(nodeHash(hashes[at], hashes[at + 1]));
  if (hashes.length % 2) above.push(hashes.at(-1));
  return Promise.all(above);
}

/** The RFC 6962 tree over leaf hashes, level by level; the last level is the root. */
async function treeOf(hashes) {
  const levels = [hashes.length ? hashes : [await sha256(new Uint8Array(0))]];
  while (levels.at(-1).length > 1) levels.push(await nextLevel(levels.at(-1)));
  return levels;
}

/** The RFC 6962 Merkle root over leaf hashes. */
export const root = async (hashes) => (await treeOf(hashes)).at(-1)[0];

async function itemHashes(body, derive) {
  return Promise.all(body.items.map(async (item, index) => itemHash(await derive.item(index), item)));
}

const countCommitment = async (derive, count) => sha256(joined(await derive.count(), uint32be(count)));
const itemsCommitment = (count, itemsRoot) => sha256(joined([2], count, itemsRoot));

/** The commitments {core, terms, items} of a body, in base64url. */
export async function commit(body) {
  const derive = await salts(body.nonce);
  const [core, terms, count, hashes] = await Promise.all([
    derive.core().then((salt) => sha256(joined(salt, utf8(body.core)))),
    derive.terms().then((salt) => sha256(joined(salt, utf8(body.terms)))),
    countCommitment(derive, body.items.length),
    itemHashes(body, derive),
  ]);
  return { core: b64(core), terms: b64(terms), items: b64(await itemsCommitment(count, await root(hashes))) };
}

/** The proof of one item: {salt, path: ["L…" | "R…"], count}, as a disclosure spells it. */
export async function proveItem(body, index) {
  const derive = await salts(body.nonce);
  const levels = await treeOf(await itemHashes(body, derive));
  const path = [];
  let place = index;
  for (const level of levels.slice(0, -1)) {
    const sibling = place ^ 1;
    if (sibling < level.length) path.push((sibling > place ? "R" : "L") + b64(level[sibling]));
    place >>= 1;
  }
  const count = await countCommitment(derive, body.items.length);
  return { salt: b64(await derive.item(index)), path, count: b64(count) };
}

/** The item, when `items` (the commitment of a statement) is to it; else a ProofError. */
export async function verifyItem(items, item, { salt, path, count }) {
  let found = await itemHash(unb64(salt), item);
  for (const step of path) {
    const sibling = unb64(step.slice(1));
    expect((step[0] === "L" || step[0] === "R") && sibling.length === 32, "a path of L or R and hashes");
    found = step[0] === "L" ? await nodeHash(sibling, found) : await nodeHash(found, sibling);
  }
  expect(b64(await itemsCommitment(unb64(count), found)) === items, "the item to be among those that were signed");
  return item;
}

// Claims

function formatClaims(typ, { v, log, iss, iat, seq, prev, core, terms, items, act }) {
  const head = `{"v":${v},"log":"${log}","iss":"${iss}","iat":"${iat}","seq":${seq},"prev":"${prev}",`;
  return typ === REGISTRY ? `${head}"act":${act}}` : `${head}"core":"${core}","terms":"${terms}","items":"${items}"}`;
}

function verifyClaims(typ, claims) {
  expect(claims.v === 1, "version 1");
  expect(typeof claims.log === "string" && ORIGIN.test(claims.log), "the origin of a log");
  expect(typeof claims.iss === "string" && PARTY.test(claims.iss), "the 13 digits of a GLN in iss");
  expect(typeof claims.iat === "string" && verifyTime(claims.iat), "a time in iat");
  expect(Number.isSafeInteger(claims.seq) && claims.seq >= 0, "a seq from 0 to 2^53 - 1");
  expect(claims.seq === 0 ? claims.prev === "" : isDigest(claims.prev), "in prev the id of the previous statement, and nothing in the first");
  if (typ === REGISTRY) verifyAct(claims.act);
  else expect([claims.core, claims.terms, claims.items].every(isDigest), "commitments of 32 bytes");
  return claims;
}

const isDigest = (value) => typeof value === "string" && DIGEST.test(value);

function verifyAct(act) {
  const value = parseJson(act);
  expect(value !== null && typeof value === "object" && !Array.isArray(value) && isPlain(value), "an act of plain members");
  expect(JSON.stringify(value) === act && !act.includes("\\"), "an act without white space and escapes");
}

// What every language spells alike: no fractions, no large numbers, no names like numbers.
function isPlain(value) {
  if (Array.isArray(value)) return value.every(isPlain);
  if (value !== null && typeof value === "object") return Object.entries(value).every(([name, member]) => NAME.test(name) && isPlain(member));
  return typeof value === "number" ? Number.isSafeInteger(value) : true;
}

/** The claims of a custody statement over commitments made by `commit`, as the bytes to be signed. */
export function draftCustody(log, iss, iat, seq, prev, commitments) {
  return utf8(formatClaims(CUSTODY, verifyClaims(CUSTODY, { v: 1, log, iss, iat, seq, prev, ...commitments })));
}

/** The claims of a registry statement, as the bytes to be signed; `act` is canonical JSON text. */
export function draftRegistry(log, iss, iat, seq, prev, act) {
  return utf8(formatClaims(REGISTRY, verifyClaims(REGISTRY, { v: 1, log, iss, iat, seq, prev, act })));
}

const formatHeader = (typ, kid) => `{"alg":"ES256","kid":"${kid}","typ":"${typ}"}`;

/** `header.claims`: what is signed (RFC 7515 section 5.1). */
export function signingInput(typ, kid, claims) {
  return `${b64(utf8(formatHeader(typ, kid)))}.${b64(claims)}`;
}

/** The statement id: base64url SHA-256 of the signing input, never of the signature. */
export async function statementId(input) {
  return b64(await sha256(utf8(input)));
}

/** Signs drafted claims with a WebCrypto P-256 key; gives the statement, read back from its own bytes. */
export async function sign(privateKey, typ, kid, claims) {
  const input = signingInput(typ, kid, claims);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, utf8(input));
  return parse(`${input}.${b64(new Uint8Array(signature))}`);
}

/** Parses a statement strictly: {jws, typ, kid, claims, input, signature}. The signature is not verified. */
export function parse(jws) {
  expect(jws.length <= MAX_JWS, "a statement of at most 65535 bytes");
  const parts = jws.split(".");
  expect(parts.length === 3, "three parts with dots between");
  const [header, payload] = [decode(parts[0]), decode(parts[1])];
  const { kid, typ } = parseJson(header) ?? {};
  expect(typ === CUSTODY || typ === REGISTRY, `typ ${CUSTODY} or ${REGISTRY}`);
  expect(isDigest(kid) && formatHeader(typ, kid) === header, "a header of alg, kid and typ");
  const signature = unb64(parts[2]);
  expect(signature.length === 64, "a signature of 64 bytes");
  return { jws, typ, kid, claims: parseClaims(typ, payload), input: `${parts[0]}.${parts[1]}`, signature };
}

function parseClaims(typ, payload) {
  const claims = parseJson(payload);
  expect(claims !== null && typeof claims === "object", "claims");
  if (typ === REGISTRY) {
    expect(claims.act !== null && typeof claims.act === "object", "an act");
    claims.act = JSON.stringify(claims.act);
  }
  expect(formatClaims(typ, claims) === payload, "claims in order, without white space and escapes");
  return verifyClaims(typ, claims);
}

function decode(part) {
  const bytes = unb64(part);
  try {
    return text(bytes);
  } catch {
    throw new ProofError("Expected UTF-8");
  }
}

/** Verifies the signature of a parsed statement with a JWK; gives the statement or throws. */
export async function verify(statement, jwk) {
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const holds = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, statement.signature, utf8(statement.input));
  expect(holds && (await thumbprint(jwk)) === statement.kid, "the signature of the key that the statement names");
  return statement;
}
