// The registry of a log, verified entry by entry: which key was good at which place. Follows
// traceability/proof/registrar.py and keyring.py; every state of a key is kept with the entry that made it so.

import { GrowingRoot } from "./growing.js";
import { demand, Refused, within } from "./refusal.js";
import { b64, joined, parse, sha256, thumbprint, unb64, utf8, verify, verifyTime } from "./statement.js";

const DEVICE_ROLES = ["operator", "pharmacist", "quality", "station", "regulator"];
const REASONS = ["lost", "compromised", "retired", "superseded"];
const ENTRY = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z) (effect|none) (0|[1-9][0-9]{0,8}) ([A-Za-z0-9_-]{43})$/;

/** Bytes of standard base64 in its one spelling. */
export function bytesOf(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  demand(btoa(String.fromCharCode(...bytes)) === text, "malformed", { why: "base64" });
  return bytes;
}

/** An object with these members in this order; those with a question mark may be absent. */
export function members(value, names) {
  const wanted = names.split(" ").filter((name) => !name.endsWith("?") || name.slice(0, -1) in value).map((name) => name.replace("?", ""));
  const exact = value !== null && typeof value === "object" && !Array.isArray(value)
    && JSON.stringify(Object.keys(value)) === JSON.stringify(wanted) && !Object.values(value).includes(null);
  demand(exact, "malformed", { why: names });
  return value;
}

/** The three lines that the log holds: {bytes, leaf, admitted, effect, head, statement}. */
export async function readEntry(bytes) {
  demand(bytes.length <= 65535, "malformed", { why: "entry" });
  const lines = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).split("\n");
  const parts = ENTRY.exec(lines[1] ?? "");
  demand(lines.length === 4 && lines[0] === "custody-entry/1" && lines[3] === "" && parts, "malformed", { why: "entry" });
  demand(!Number.isNaN(Date.parse(parts[1])), "malformed", { why: parts[1] });
  const statement = parse(lines[2]);
  const act = statement.claims.act === undefined ? null : JSON.parse(statement.claims.act);
  return {
    leaf: await sha256(joined(Uint8Array.of(0), bytes)), admitted: parts[1], effect: parts[2] === "effect",
    head: b64(unb64(parts[4])), statement: { ...statement, act }, id: b64(await sha256(utf8(statement.input))),
  };
}

/** An Ed25519 key of signed notes: name+id+base64 (C2SP signed-note). */
async function logKey(text) {
  const [name, id, ...encoded] = String(text).split("+"); // base64 may hold a plus, a name may not
  const data = bytesOf(encoded.join("+"));
  demand(name && data.length === 33 && data[0] === 1, "malformed", { why: "log" });
  const identity = (await sha256(joined(utf8(`${name}\n`), data))).slice(0, 4);
  demand([...identity].map((byte) => byte.toString(16).padStart(2, "0")).join("") === id, "malformed", { why: "log" });
  return { text, name, identity, verify: (signature, message) => verifyEd25519(data.slice(1), signature, message) };
}

async function verifyEd25519(raw, signature, message) {
  let key = null;
  try {
    key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new Refused("no-ed25519");
  }
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

/** The root document: {origin, log, gln, threshold, keys} with keys by their thumbprints. */
export async function readTrust(value) {
  members(value, "v origin log authority");
  const { gln, threshold, keys } = members(value.authority, "gln threshold keys");
  demand(value.v === 1 && /^[0-9]{13}$/.test(gln) && Array.isArray(keys), "malformed", { why: "trust.json" });
  const found = new Map();
  for (const key of keys) {
    const jwk = members(typeof key === "string" ? JSON.parse(key) : key, "crv kty x y");
    found.set(await thumbprint(jwk), jwk);
  }
  demand(Number.isInteger(threshold) && threshold >= 1 && threshold <= keys.length && found.size === keys.length, "malformed", { why: "threshold" });
  return { origin: value.origin, log: await logKey(value.log), gln, threshold, keys: found };
}

export class Registry {
  static async begin(trust) {
    const made = new Registry();
    Object.assign(made, {
      trust, logKeys: [trust.log], roles: new Map(), signers: new Map(), proposals: new Map(), rules: [], chains: new Map(), tree: new GrowingRoot(),
      countersigned: new Map(), closed: new Map(), erased: new Map(), documents: new Map(),
    });
    made.heads = new Map([[b64(made.tree.root()), 0]]);
    for (const [kid, jwk] of trust.keys) made.signers.set(kid, [[0, { kid, jwk, party: trust.gln, role: "authority" }]]);
    return made;
  }

  /** A state of a key, good from the registry entry that is being added on. */
  put(signer) {
    const states = this.signers.get(signer.kid) ?? [];
    this.signers.set(signer.kid, [...states, [this.tree.size + 1, signer]]);
  }

  /** The state of a key after the first `size` registry entries. */
  signer(kid, size) {
    return (this.signers.get(kid) ?? []).findLast(([since]) => since <= size)?.[1];
  }

  goodSigner({ statement, admitted }, size) {
    const { kid, claims, act } = statement;
    demand(claims.log === this.trust.origin, "other-log", { log: claims.log });
    const signer = this.signer(kid, size);
    demand(signer, "key-unknown", { kid });
    demand(signer.party === claims.iss, "key-party", { kid, party: claims.iss });
    demand(!signer.revoked, "key-revoked", { kid });
    const expired = signer.expires && Date.parse(admitted) > Date.parse(signer.expires);
    demand(!expired || this.isLate(statement, admitted, signer.expires, size), "key-expired", { kid });
    demand(signer.role !== "candidate" || act?.type === "root", "key-candidate", { kid });
    return signer;
  }

  /** From rules version 3 on, what a key signed by its last day may arrive within 240 hours of it. */
  isLate({ claims, act }, admitted, expires, size) {
    const version = Math.max(0, ...this.rules.filter(([since]) => since <= size).map(([, one]) => one));
    const [signed, arrived, ends] = [claims.iat, admitted, expires].map((time) => Date.parse(time));
    return version >= 3 && !act && signed <= ends && arrived - ends <= 240 * 3_600_000;
  }

  sizeAt(head) {
    demand(this.heads.has(head), "registry-head");
    return this.heads.get(head);
  }

  async add(entry) {
    const { statement } = entry;
    demand(statement.act, "malformed", { why: "registry+jws" });
    demand(entry.head === b64(this.tree.root()), "registry-head");
    const signer = this.goodSigner(entry, this.tree.size);
    await signed(statement, signer);
    this.follow(entry);
    if (entry.effect) await this.apply(signer, statement.act, entry);
    else if (statement.act.type === "revoke") this.verifyRefusal(entry, signer);
    this.tree.append(entry.leaf);
    this.heads.set(b64(this.tree.root()), this.tree.size);
  }

  /** The signer's own chain, as far as the registry shows it. */
  follow({ statement, id, effect }) {
    const { kid, claims } = statement;
    const last = this.chains.get(kid) ?? { seq: -1, id: "", effective: "" };
    const next = claims.seq > last.seq && (!last.id || (claims.seq === last.seq + 1) === (claims.prev === last.id));
    demand(next, "chain", { kid });
    this.before = last.effective;
    this.chains.set(kid, { seq: claims.seq, id, effective: effect ? claims.iat : last.effective });
  }

  /** The log may not give a good revocation no effect. */
  verifyRefusal({ statement, admitted }, signer) {
    const iat = Date.parse(statement.claims.iat);
    if (iat - Date.parse(admitted) > 300_000 || (this.before && Date.parse(this.before) > iat)) return;
    try {
      this.revocation(signer, statement.act);
    } catch (error) {
      if (error instanceof Refused) return;
      throw error;
    }
    throw new Refused("revocation-dropped");
  }

  async apply(signer, act, entry) {
    if (act.type === "party") {
      demand(signer.role === "authority" && /^[0-9]{13}$/.test(act.gln) && Array.isArray(act.roles), "registration");
      this.roles.set(act.gln, act.roles);
    } else if (act.type === "key") {
      await this.register(signer, members(act, "type party role jwk proof expires?"));
    } else if (act.type === "revoke") {
      this.put({ ...this.revocation(signer, act), revoked: true });
    } else if (act.type === "root") {
      await this.propose(signer, act);
    } else {
      this.applyOther(signer, act, entry);
    }
  }

  /** What concerns no key: countersigned snapshots, closed lots, erased bodies, noted documents. */
  applyOther(signer, act, { id, admitted }) {
    if (act.type === "snapshot" && signer.role === "regulator") {
      const text = JSON.stringify(act);
      this.countersigned.set(text, [...new Set([...(this.countersigned.get(text) ?? []), signer.party])]);
    } else if (act.type === "lot" && !this.closed.has(`${act.gtin} ${act.lot}`)) {
      this.closed.set(`${act.gtin} ${act.lot}`, act);
    } else if (act.type === "erase") {
      for (const [taken, erasure] of this.erasures(signer, act, admitted)) this.erased.set(taken, erasure);
    } else if (act.type === "evidence") {
      this.documents.set(id, members(act, "type documents").documents);
    } else if (act.type === "rules" && signer.role === "authority") {
      demand(Number.isInteger(act.version), "registration");
      this.rules.push([this.tree.size + 1, act.version]);
    }
  }

  /** What an `erase` takes away: by the authority, and by a snapshot that a regulator has countersigned. */
  erasures(signer, act, admitted) {
    const { statements, size, snapshot, reason } = members(act, "type statements size snapshot reason reference?");
    demand(signer.role === "authority", "erase-signer");
    demand(this.countersigned.has(JSON.stringify({ type: "snapshot", size, snapshot })), "erase-snapshot");
    demand(Array.isArray(statements) && statements.length, "malformed", { why: "erase" });
    const ids = statements.map((one) => members(one, "id kept").id);
    demand(!ids.some((id) => this.erased.has(id)), "erase-twice");
    return new Map(ids.map((id) => [id, { party: signer.party, admitted, reason, size }]));
  }

  async register(signer, { party, role, jwk, proof, expires }) {
    const kid = await thumbprint(members(jwk, "crv kty x y"));
    const roles = this.roles.get(party);
    demand(roles && (role !== "regulator" || roles.includes("regulator")), "registration");
    const byAuthority = signer.role === "authority" && ["administrator", "regulator"].includes(role);
    const byParty = signer.role === "administrator" && signer.party === party && DEVICE_ROLES.includes(role);
    demand((byAuthority || byParty) && !this.signers.has(kid), "registration");
    const claim = utf8(`custody-key/1\n${this.trust.origin}\n${party}\n${role}\n${kid}\n`);
    demand(await verifyBytes(jwk, unb64(proof), claim), "registration");
    if (expires !== undefined) verifyTime(expires);
    this.put({ kid, jwk, party, role, expires });
  }

  /** The key that a `revoke` act ends, when its signer may end it. */
  revocation(signer, act) {
    const { kid, reason, since } = members(act, "type kid reason since");
    verifyTime(since);
    const found = this.signer(kid, this.tree.size);
    demand(found && !["authority", "candidate"].includes(found.role) && !found.revoked && REASONS.includes(reason), "revocation");
    demand(signer.role === "authority" || (signer.role === "administrator" && signer.party === found.party), "revocation");
    return found;
  }

  /** A successor root document counts when enough old and new authority keys have signed it. */
  async propose(signer, act) {
    const text = JSON.stringify(act);
    if (!this.proposals.has(text)) {
      const { type, ...rest } = act;
      demand(type === "root" && signer.role === "authority", "succession");
      const document = await readTrust(rest);
      const free = [...document.keys.keys()].every((kid) => ["authority", "candidate", undefined].includes(this.signer(kid, this.tree.size)?.role));
      demand(document.origin === this.trust.origin && free, "succession");
      this.proposals.set(text, { document, signed: new Set() });
    }
    const { document, signed: by } = this.proposals.get(text);
    by.add(signer.kid);
    const enough = ({ keys, threshold }) => [...keys.keys()].filter((kid) => by.has(kid)).length >= threshold;
    if (enough(this.trust) && enough(document)) {
      this.succeed(document);
      return;
    }
    for (const [kid, jwk] of document.keys) if (!this.signers.has(kid)) this.put({ kid, jwk, party: document.gln, role: "candidate" });
  }

  succeed(document) {
    for (const [kid, jwk] of this.trust.keys) {
      if (!document.keys.has(kid)) this.put({ kid, jwk, party: this.trust.gln, role: "authority", revoked: true });
    }
    for (const [kid, jwk] of document.keys) this.put({ kid, jwk, party: document.gln, role: "authority" });
    if (!this.logKeys.some(({ text }) => text === document.log.text)) this.logKeys.push(document.log);
    Object.assign(this, { trust: document, proposals: new Map() });
  }
}

async function verifyBytes(jwk, signature, message) {
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, message);
}

/** The signature of a statement is its signer's. */
export async function signed(statement, signer) {
  await within("signature", () => verify(statement, signer.jwk));
}
