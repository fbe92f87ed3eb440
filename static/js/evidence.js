// Checks an evidence bundle or a receipt, here and now, with nothing but WebCrypto: the third checker beside
// traceability/proof and reports/verifier.py. What it refuses, it names.

import { Archive } from "./archive.js";
import { leadsTo, same } from "./growing.js";
import { demand, Refused, within } from "./refusal.js";
import { bytesOf, members, readEntry, readTrust, Registry, signed } from "./registrar.js";
import { b64, commit, joined, parseBody, root, sha256, unb64, utf8, verifyItem } from "./statement.js";
import { Whole } from "./whole.js";

const HEX = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const decoded = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const EVERY = 25; // statements between two reports of progress

const FILES = /^(checkpoint|manifest\.json|registry\/[0-9]{6,9}\.(entry|proof)|statements\/(0|[1-9][0-9]{0,15})\.(entry|proof|disclosure\.json)|snapshot\/(note|consistency|[0-9]{6}\.rows)|investigation\.(json|pdf)|documents\.json|documents\/[0-9]{6}-[A-Za-z0-9._-]{1,100}|(dossiers|reports)\/[0-9]{6}\.(json|pdf)|trace\.(csv|json|xlsx|pdf)|verifier\.py|README\.txt)$/;

/** A C2SP checkpoint: {note, origin, size, root, verify}. */
function readCheckpoint(note) {
  const cut = note.lastIndexOf("\n\n");
  const [origin, size, rooted, ...more] = note.slice(0, Math.max(cut, 0)).split("\n");
  demand(cut > 0 && note.endsWith("\n") && !more.length && /^(0|[1-9][0-9]{0,15})$/.test(size ?? ""), "malformed", { why: "checkpoint" });
  const lines = note.slice(cut + 2, -1).split("\n").map((line) => {
    const [dash, name, encoded, ...rest] = line.split(" ");
    demand(dash === "\u2014" && name && encoded && !rest.length, "malformed", { why: "checkpoint" });
    return { name, data: bytesOf(encoded) };
  });
  const found = { note, origin, size: Number(size), root: bytesOf(rooted), text: note.slice(0, cut + 1), lines };
  demand(found.root.length === 32, "malformed", { why: "checkpoint" });
  return found;
}

/** The key of the log that signed a checkpoint. */
export async function verifyCheckpoint({ origin, text, lines }, registry) {
  demand(origin === registry.trust.origin, "other-log", { log: origin });
  for (const { name, data } of lines) {
    const key = registry.logKeys.find((one) => one.name === name && same(one.identity, data.slice(0, 4)));
    if (key) {
      demand(await key.verify(data.slice(4), utf8(text)), "log-signature");
      return key;
    }
  }
  throw new Refused("log-signature");
}

/** A C2SP tlog-proof: {index, path, note}. */
function readProof(text) {
  const cut = text.indexOf("\n\n");
  const [title, index, ...path] = text.slice(0, Math.max(cut, 0)).split("\n");
  demand(title === "c2sp.org/tlog-proof@v1" && /^index (0|[1-9][0-9]{0,15})$/.test(index ?? ""), "malformed", { why: "tlog-proof" });
  return { index: Number(index.slice(6)), path: path.map(bytesOf), note: text.slice(cut + 2) };
}

// Bodies

/** What was shown of a body, verified: {whole, part}. */
async function verifyShown({ claims, act }, { body, disclosure }) {
  if (body === undefined && disclosure === undefined) return { whole: false, part: false };
  demand(!act && (body === undefined) !== (disclosure === undefined), "malformed", { why: "body" });
  if (body !== undefined) {
    const found = await commit(parseBody(JSON.stringify(body)));
    for (const part of ["core", "terms", "items"]) demand(found[part] === claims[part], "commitment", { part });
    return { whole: true, part: false };
  }
  members(disclosure, "core? terms? items?");
  for (const part of ["core", "terms"]) {
    if (!(part in disclosure)) continue;
    const { text, salt } = members(disclosure[part], "text salt");
    demand(b64(await sha256(joined(unb64(salt), utf8(text)))) === claims[part], "commitment", { part });
  }
  const items = disclosure.items ?? [];
  const once = new Set(items.map((item) => JSON.stringify(item))).size === items.length;
  demand(Array.isArray(items) && once && !("items" in disclosure && !items.length), "malformed", { why: "items" });
  for (const shown of items) {
    const { item, ...proof } = members(shown, "item salt path count");
    await verifyItem(claims.items, item, proof);
  }
  return { whole: false, part: true };
}

// Bundles and receipts

class Bundle {
  constructor(archive, trust, tell) {
    Object.assign(this, { archive, trust, tell, positions: [], newest: "", proven: new Map() });
  }

  async verify() {
    this.checkpoint = await within("manifest.json", () => this.manifest());
    this.registry = await Registry.begin(this.trust);
    this.verifyNoStrays();
    for (const [n, name] of this.entries("registry/").sort().entries()) {
      demand(name === `registry/${String(n).padStart(6, "0")}`, "missing", { file: `registry/${String(n).padStart(6, "0")}.entry` });
      const { entry, index } = await this.included(name);
      demand(index > (this.positions.at(-1) ?? -1), "order", { file: `${name}.proof` });
      await within(`${name}.entry`, () => this.registry.add(entry));
      this.positions.push(index);
    }
    await within("checkpoint", () => verifyCheckpoint(this.checkpoint, this.registry));
    const names = this.entries("statements/").sort((one, other) => Number(one.slice(11)) - Number(other.slice(11)));
    const found = { statements: names.length, parties: new Set(), whole: 0, part: 0, refused: 0, erased: [] };
    for (const [n, name] of names.entries()) {
      if (n % EVERY === 0) this.tell({ done: n, of: names.length });
      await this.statement(name, found);
    }
    const documents = this.archive.has("investigation.json") ? await within("documents.json", () => this.documents()) : null;
    const complete = this.archive.has("snapshot/note")
      ? await new Whole(this, this.proven).verify((note) => verifyCheckpoint(note, this.registry)) : null;
    return {
      ...found, documents, parties: found.parties.size, kind: "bundle", origin: this.checkpoint.origin, size: this.checkpoint.size,
      registry: this.registry.tree.size, newest: this.newest, complete,
    };
  }

  /** Proofs and disclosures belong to entries, and what is of a snapshot to a whole one. */
  verifyNoStrays() {
    for (const name of this.archive.names()) {
      const stem = name.split(".")[0];
      demand(FILES.test(name), "stranger", { file: name });
      demand(!/^(registry|statements)\//.test(name) || this.archive.has(`${stem}.entry`), "missing", { file: `${stem}.entry` });
      for (const file of ["snapshot/note", "snapshot/consistency"]) demand(!stem.startsWith("snapshot/") || this.archive.has(file), "missing", { file });
    }
  }

  entries(folder) {
    return this.archive.names().filter((name) => name.startsWith(folder) && name.endsWith(".entry")).map((name) => name.slice(0, -6));
  }

  async text(name) {
    const bytes = await this.archive.bytes(name);
    demand(bytes, "missing", { file: name });
    return decoded(bytes);
  }

  /** Every file is listed with its hash, and the list is spelt as its files make it. */
  async manifest() {
    const text = await this.text("manifest.json");
    const listed = members(JSON.parse(text), "bundle origin size files").files;
    const checkpoint = readCheckpoint(await this.text("checkpoint"));
    for (const file of listed) {
      members(file, "name sha256 meaning");
      demand(this.archive.has(file.name), "missing", { file: file.name });
      demand(HEX(this.archive.digest(file.name)) === file.sha256, "altered", { file: file.name });
    }
    const names = listed.map(({ name }) => name);
    const known = new Set([...names, "manifest.json"]);
    for (const name of this.archive.names()) demand(known.has(name), "unlisted", { file: name });
    const plain = this.archive.has("snapshot/note") ? 2 : 1;
    const bundle = `custody-bundle/${this.archive.has("investigation.json") ? 3 : plain}`;
    const head = JSON.stringify({ bundle, origin: checkpoint.origin, size: checkpoint.size, files: [] });
    const spelt = `${head.slice(0, -2)}\n${listed.map((file) => JSON.stringify(file)).join(",\n")}\n]}\n`;
    demand(spelt === text && names.every((name, n) => n === 0 || name > names[n - 1]), "malformed", { why: "manifest.json" });
    return checkpoint;
  }

  /** The documents of an investigation, those listed: how many, and how many of them the log notes. */
  async documents() {
    const text = await this.text("documents.json");
    const { documents } = members(JSON.parse(text), "documents");
    demand(`${JSON.stringify({ documents })}\n` === text, "malformed", { why: "documents.json" });
    const there = this.archive.names().filter((name) => name.startsWith("documents/")).sort();
    demand(JSON.stringify(documents.map(({ file }) => file).sort()) === JSON.stringify(there), "malformed", { why: "documents.json" });
    let noted = 0;
    for (const one of documents) {
      const { file, sha256: digest, size, salt, statement } = members(one, "file sha256 size salt statement?");
      const content = await this.archive.bytes(file);
      const hash = this.archive.digest(file);
      demand(HEX(hash) === digest && content.length === size && unb64(salt).length === 32, "altered", { file });
      if (!statement) continue;
      const name = b64(await sha256(joined(Uint8Array.of(3), unb64(salt), hash)));
      demand(this.registry.documents.get(statement)?.includes(name), "not-noted", { file });
      noted += 1;
    }
    return { n: documents.length, noted };
  }

  async included(name) {
    const entry = await within(`${name}.entry`, async () => readEntry(await this.archive.bytes(`${name}.entry`)));
    const index = await within(`${name}.proof`, async () => {
      const proof = readProof(await this.text(`${name}.proof`));
      demand(proof.note === this.checkpoint.note, "other-checkpoint");
      demand(leadsTo(entry.leaf, proof.index, this.checkpoint.size, proof.path, this.checkpoint.root), "inclusion");
      return proof.index;
    });
    if (entry.admitted > this.newest) this.newest = entry.admitted;
    return { entry, index };
  }

  async statement(name, found) {
    const { entry, index } = await this.included(name);
    demand(name === `statements/${index}`, "order", { file: `${name}.proof` });
    const shown = await within(`${name}.disclosure.json`, async () => {
      if (!this.archive.has(`${name}.disclosure.json`)) return { whole: false, part: false };
      const text = await this.text(`${name}.disclosure.json`);
      const value = members(JSON.parse(text), "body? disclosure?");
      demand(JSON.stringify(value) === text && Object.keys(value).length === 1, "malformed", { why: "JSON" });
      return verifyShown(entry.statement, value);
    });
    await within(`${name}.entry`, async () => {
      demand(!entry.statement.act, "malformed", { why: "custody+jws" });
      const size = this.registry.sizeAt(entry.head);
      demand(size === this.positions.filter((position) => position < index).length, "registry-head");
      await signed(entry.statement, this.registry.goodSigner(entry, size));
      const erased = covered(this.registry.erased, entry.id, index);
      if (erased && !shown.whole && !shown.part) found.erased.push(erased);
    });
    this.proven.set(entry.id, { index, effect: entry.effect });
    found.parties.add(entry.statement.claims.iss);
    found.whole += shown.whole;
    found.part += shown.part;
    found.refused += !entry.effect;
  }
}

/** How the body of a statement was erased by law; the snapshot of the erase has to be from after it. */
function covered(erased, id, index) {
  const found = erased.get(id);
  demand(!found || index < found.size, "erase-covers");
  return found && { ...found, index };
}

/** The entry of a receipt, in the tree of its checkpoint; no signature is verified yet. */
export async function readReceipt(value) {
  const entry = await within("entry", () => readEntry(utf8(value.entry)));
  return within("proof", async () => {
    const proof = readProof(value.proof);
    const checkpoint = readCheckpoint(proof.note);
    demand(leadsTo(entry.leaf, proof.index, checkpoint.size, proof.path, checkpoint.root), "inclusion");
    return { entry, index: proof.index, checkpoint };
  });
}

async function verifyReceipt(data, trust) {
  const text = decoded(data).trim();
  const value = JSON.parse(text);
  demand(JSON.stringify(value) === text, "malformed", { why: "receipt" });
  const { entry, index, found } = await verifyOne(value, trust);
  const erased = value.erased && await within("erased", () => verifyErased(value, trust, entry, index));
  return { ...found, erased: erased ? [erased] : [] };
}

/** By which `erase` the body of a statement was taken away: its receipt is in that of the statement. */
async function verifyErased({ body, disclosure, erased }, trust, taken, index) {
  demand(body === undefined && disclosure === undefined && erased.erased === undefined, "malformed", { why: "erased" });
  const { entry, registry } = await verifyOne(erased, trust);
  const { act } = entry.statement;
  demand(entry.effect && act?.type === "erase", "malformed", { why: "erase" });
  const named = registry.erasures(registry.goodSigner(entry, registry.tree.size), act, entry.admitted);
  demand(named.has(taken.id), "erase-other");
  return covered(named, taken.id, index);
}

async function verifyOne(value, trust) {
  members(value, "receipt entry proof body? disclosure? registry? erased?");
  demand(value.receipt === (value.erased === undefined ? 1 : 2), "malformed", { why: "receipt" });
  const { entry, index, checkpoint } = await readReceipt(value);
  const shown = await within("body", () => verifyShown(entry.statement, value));
  demand(value.registry, "receipt-registry");
  const parsed = [];
  for (const [n, one] of value.registry.entries()) parsed.push(await within(`registry ${n}`, () => readEntry(utf8(one))));
  demand(b64(await root(parsed.map(({ leaf }) => leaf))) === entry.head, "registry-head");
  const registry = await Registry.begin(trust);
  for (const [n, one] of parsed.entries()) await within(`registry ${n}`, () => registry.add(one));
  await within("checkpoint", () => verifyCheckpoint(checkpoint, registry));
  await within("entry", async () => signed(entry.statement, registry.goodSigner(entry, registry.tree.size)));
  const found = {
    kind: "receipt", statements: 1, parties: 1, whole: Number(shown.whole), part: Number(shown.part), refused: Number(!entry.effect),
    origin: checkpoint.origin, size: checkpoint.size, registry: parsed.length, newest: entry.admitted, complete: null,
  };
  return { entry, index, registry, found };
}

/** What a file (a Blob, or its bytes) proves against a root document; throws Refused with what does not hold.
 *  `tell` hears of the progress: {read, of} in bytes, {done, of} in statements, {hashed} and {rows, of} in rows of the lot. */
export async function verifyEvidence(data, trustText, tell = () => {}) {
  const trust = await within("trust.json", async () => readTrust(JSON.parse(trustText)));
  const file = data instanceof Blob ? data : new Blob([data]);
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first === 0x50 && second === 0x4b) {
    const archive = await Archive.open(file, (read, of) => tell({ read, of }));
    return new Bundle(archive, trust, tell).verify();
  }
  return within("receipt", async () => verifyReceipt(new Uint8Array(await file.arrayBuffer()), trust));
}
