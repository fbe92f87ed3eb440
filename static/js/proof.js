// Checks receipts in the page: the server's word is not needed, only its files. Follows the steps of
// proof/receipt.py with nothing but WebCrypto: tree, checkpoint, registry, key, signature.

import { get, icon, make, say } from "./say.js";

const utf8 = new TextEncoder();

export class Unproven extends Error {}

function expect(holds, key, values) {
  if (!holds) throw new Unproven(say(key, values));
}

function bytesOf(text) {
  const standard = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function same(one, other) {
  return one.length === other.length && one.every((byte, n) => byte === other[n]);
}

async function sha256(...pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

/** The root that a leaf and its path lead to: RFC 9162 section 2.1.3.2. Null where the path does not fit. */
export async function rootFrom(leaf, index, size, path) {
  let node = BigInt(index);
  let last = BigInt(size) - 1n;
  let hash = leaf;
  if (node > last) return null;
  for (const sibling of path) {
    if (last === 0n) return null;
    if (node & 1n || node === last) {
      hash = await nodeHash(sibling, hash);
      while (!(node & 1n) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? hash : null;
}

/** A C2SP tlog-proof: index, path and the signed checkpoint. */
export function parseProof(text) {
  const cut = text.indexOf("\n\n");
  const [title, ...lines] = text.slice(0, cut).split("\n");
  const rows = lines.filter((line) => !line.startsWith("extra "));
  expect(title === "c2sp.org/tlog-proof@v1" && rows[0]?.startsWith("index "), "proof-form");
  return { index: Number(rows[0].slice(6)), path: rows.slice(1).map(bytesOf), note: text.slice(cut + 2) };
}

/** A C2SP checkpoint, once the log's key has been found to have signed it. */
async function verifyNote(note, vkey) {
  const cut = note.lastIndexOf("\n\n");
  const body = note.slice(0, cut + 1);
  const [origin, size, root] = body.split("\n");
  const [name, , ...encoded] = vkey.split("+"); // base64 may hold a plus, a name may not
  const key = bytesOf(encoded.join("+"));
  const identity = (await sha256(utf8.encode(`${name}\n`), key)).slice(0, 4);
  const lines = note.slice(cut + 2).trimEnd().split("\n").map((line) => line.split(" "));
  const mine = lines.find((line) => line[1] === name && same(bytesOf(line[2]).slice(0, 4), identity));
  expect(mine && origin === name, "proof-log-key");
  const found = { origin, size: Number(size), root: bytesOf(root), checked: false };
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key.slice(1), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return found; // a browser without Ed25519: said as it is, below
  }
  const good = await crypto.subtle.verify("Ed25519", imported, bytesOf(mine[2]).slice(4), utf8.encode(body));
  expect(good, "proof-log-signature");
  return { ...found, checked: true };
}

/** RFC 7638: the name of a P-256 key follows from the key itself. */
export async function thumbprint({ x, y }) {
  return base64url(await sha256(utf8.encode(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`)));
}

/** The parts of a JWS, its claims and its id. */
export async function parseStatement(jws) {
  const [header, claims, signature] = jws.split(".");
  const text = (part) => new TextDecoder().decode(bytesOf(part));
  const input = utf8.encode(`${header}.${claims}`);
  return {
    header: JSON.parse(text(header)), claims: JSON.parse(text(claims)), input,
    signature: bytesOf(signature), id: base64url(await sha256(input)),
  };
}

async function verifySignature(statement, jwk) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y }, algorithm, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, statement.signature, statement.input);
}

const head = (text) => text.split("\n")[1]?.split(" ")[3];

/** The registry entries of the log: which key spoke for whom at which registry head. */
class Registry {
  constructor(entries, trust) {
    Object.assign(this, { entries, trust, heads: new Map(), chained: new Map() });
  }

  /** Reads the entries once: the RFC 6962 root before each of them, and what they say of keys. */
  async read() {
    this.authority = new Map(await Promise.all(this.trust.authority.keys.map(async (text) => {
      const jwk = JSON.parse(text);
      return [await thumbprint(jwk), jwk];
    })));
    this.acts = [];
    let right = []; // complete subtrees from left to right, with their sizes
    for (const [n, text] of [...this.entries, null].entries()) {
      let root = right.length ? null : await sha256();
      for (const { hash } of [...right].reverse()) root = root ? await nodeHash(hash, root) : hash;
      this.heads.set(base64url(root), n);
      if (text === null) break;
      expect(head(text) === base64url(root), "proof-registry-head");
      right.push({ size: 1, hash: await leafHash(utf8.encode(text)) });
      while (right.length > 1 && right.at(-1).size === right.at(-2).size) {
        const [left, last] = right.splice(-2);
        right.push({ size: left.size * 2, hash: await nodeHash(left.hash, last.hash) });
      }
      const statement = await parseStatement(text.split("\n")[2]);
      this.acts.push({ statement, act: statement.claims.act, counts: text.split("\n")[1].split(" ")[1] === "effect" });
    }
    return this;
  }

  /** A party's key as of the first `size` entries: registered, followed up to the authority, not revoked. */
  async keyOf(kid, party, size) {
    if (this.authority.has(kid)) {
      expect(party === this.trust.authority.gln, "proof-key-party", { kid });
      return this.authority.get(kid);
    }
    const before = this.acts.slice(0, size).filter((one) => one.counts);
    expect(!before.some(({ act }) => act.type === "revoke" && act.kid === kid), "proof-key-revoked", { kid });
    for (const [n, { act, statement }] of this.acts.slice(0, size).entries()) {
      if (act.type !== "key" || act.party !== party || !this.acts[n].counts || (await thumbprint(act.jwk)) !== kid) continue;
      if (!this.chained.has(kid)) this.chained.set(kid, this.verifyRegistration(statement, n));
      await this.chained.get(kid);
      return act.jwk;
    }
    throw new Unproven(say("proof-key-unknown", { kid }));
  }

  async verifyRegistration(statement, n) {
    const { kid } = statement.header;
    const jwk = await this.keyOf(kid, statement.claims.iss, n);
    expect(await verifySignature(statement, jwk), "proof-signature", { kid });
  }
}

/** Checks receipts one by one against one root document and one registry. */
export class Checker {
  constructor({ trust, registry, receiptOf }) {
    Object.assign(this, { trust, registry, receiptOf });
  }

  /** Steps that held, each a sentence with what was found; throws Unproven with the first that does not. */
  async check(id) {
    const receipt = await get(this.receiptOf(id));
    const lines = receipt.entry.split("\n");
    expect(lines[0] === "custody-entry/1" && lines.length === 4, "proof-form");
    // 1. The entry is in the tree of the checkpoint. 2. The checkpoint is the log's.
    const proof = parseProof(receipt.proof);
    const checkpoint = await verifyNote(proof.note, this.trust.log);
    const root = await rootFrom(await leafHash(utf8.encode(receipt.entry)), proof.index, checkpoint.size, proof.path);
    expect(root && same(root, checkpoint.root), "proof-tree");
    // 3. The statement is the one asked for, and is meant for this log.
    const statement = await parseStatement(lines[2]);
    expect(statement.id === id, "proof-other", { id });
    expect(statement.claims.log === this.trust.origin, "proof-other-log");
    // 4. The registry entries lead to the entry's registry head; its signer was registered and good there.
    const size = this.registry.heads.get(head(receipt.entry));
    expect(size !== undefined, "proof-registry-head");
    const { kid } = statement.header;
    const jwk = await this.registry.keyOf(kid, statement.claims.iss, size);
    // 5. The signature is the signer's.
    expect((await thumbprint(jwk)) === kid, "proof-key-name", { kid });
    expect(await verifySignature(statement, jwk), "proof-signature", { kid });
    const { index } = proof;
    return [
      { text: say("proof-step-signature", { gln: statement.claims.iss }), value: kid },
      { text: say("proof-step-key", { size }), value: head(receipt.entry) },
      { text: say("proof-step-tree", { index, size: checkpoint.size }), value: base64url(root) },
      { text: say(checkpoint.checked ? "proof-step-log" : "proof-step-log-unread", { origin: checkpoint.origin }),
        value: this.trust.log, doubt: !checkpoint.checked },
    ];
  }
}

function stepLine({ text, value, doubt }) {
  return make("li", { class: doubt ? "again" : "clear" }, icon(doubt ? "again" : "clear"),
    make("span", {}, text, make("span", { class: "code quiet" }, value)));
}

async function showOne(checker, { id, label }, list) {
  const place = make("li", { class: "proof-one" }, make("strong", {}, label));
  list.append(place);
  try {
    place.append(make("ul", {}, ...(await checker.check(id)).map(stepLine)));
    return true;
  } catch (error) {
    place.append(make("ul", {}, make("li", { class: "stop" }, icon("stop"), make("span", {}, error.message))));
    return false;
  }
}

async function open(panel) {
  const answer = panel.querySelector("[data-answer]");
  const list = make("ol", { class: "proof-list", role: "list" });
  answer.replaceChildren(make("p", { class: "quiet" }, say("proof-checking")), list);
  const statements = JSON.parse(panel.dataset.proof);
  let held = 0;
  try {
    const [trust, entries] = await Promise.all([get(panel.dataset.trust), get(panel.dataset.registry)]);
    const registry = await new Registry(entries, trust).read();
    const checker = new Checker({ trust, registry, receiptOf: (id) => panel.dataset.receipt.replace("STATEMENT", id) });
    for (const one of statements) held += await showOne(checker, one, list);
  } catch (error) {
    list.append(make("li", { class: "stop" }, icon("stop"), error.message));
  }
  const all = held === statements.length;
  answer.firstChild.replaceWith(make("p", { class: `state ${all ? "clear" : "stop"}`, role: "status" },
    icon(all ? "clear" : "stop"), say(all ? (held === 1 ? "proof-one" : "proof-all") : "proof-some", { n: held, of: statements.length })));
}

for (const panel of document.querySelectorAll("[data-proof]")) {
  panel.addEventListener("toggle", () => {
    if (panel.open && !panel.dataset.opened) {
      panel.dataset.opened = "yes";
      open(panel);
    }
  });
}
