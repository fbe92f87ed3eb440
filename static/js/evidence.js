// Checks an evidence bundle or a receipt, here and now, with nothing but WebCrypto: the third checker beside
// traceability/proof and reports/verifier.py. What it refuses, it names.

import { readArchive } from "./archive.js";
import { demand, Refused, within } from "./refusal.js";
import { bytesOf, members, readEntry, readTrust, Registry, same, signed } from "./registrar.js";
import { b64, commit, joined, nodeHash, parseBody, root, sha256, unb64, utf8, verifyItem } from "./statement.js";

const HEX = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const decoded = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const EVERY = 25; // statements between two reports of progress

/** RFC 9162 section 2.1.3.2. */
async function verifyInclusion(leaf, index, size, path, wanted) {
  demand(index < size, "inclusion");
  let hash = leaf;
  let place = BigInt(index);
  let last = BigInt(size) - 1n;
  for (const sibling of path) {
    demand(last > 0n, "inclusion");
    if (place % 2n || place === last) {
      hash = await nodeHash(sibling, hash);
      while (place && place % 2n === 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      hash = await nodeHash(hash, sibling);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  demand(last === 0n && same(hash, wanted), "inclusion");
}

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
  for (const shown of disclosure.items ?? []) {
    const { item, ...proof } = members(shown, "item salt path count");
    await verifyItem(claims.items, item, proof);
  }
  return { whole: false, part: true };
}

// Bundles and receipts

class Bundle {
  constructor(files, trust, tell) {
    Object.assign(this, { files, trust, tell, positions: [], newest: "" });
  }

  async verify() {
    this.checkpoint = await within("manifest.json", () => this.manifest());
    this.registry = await Registry.begin(this.trust);
    for (const name of this.files.keys()) {
      const stem = name.split(".")[0];
      demand(!/^(registry|statements)\//.test(name) || this.files.has(`${stem}.entry`), "missing", { file: `${stem}.entry` });
    }
    for (const [n, name] of this.entries("registry/").sort().entries()) {
      demand(name === `registry/${String(n).padStart(6, "0")}`, "missing", { file: `registry/${String(n).padStart(6, "0")}.entry` });
      const { entry, index } = await this.included(name);
      demand(index > (this.positions.at(-1) ?? -1), "order", { file: `${name}.proof` });
      await within(`${name}.entry`, () => this.registry.add(entry));
      this.positions.push(index);
    }
    await within("checkpoint", () => verifyCheckpoint(this.checkpoint, this.registry));
    const names = this.entries("statements/").sort((one, other) => Number(one.slice(11)) - Number(other.slice(11)));
    const found = { statements: names.length, parties: new Set(), whole: 0, part: 0, refused: 0 };
    for (const [n, name] of names.entries()) {
      if (n % EVERY === 0) this.tell(n, names.length);
      await this.statement(name, found);
    }
    const documents = this.files.has("investigation.json") ? await within("documents.json", () => this.documents()) : null;
    return {
      ...found, documents, parties: found.parties.size, kind: "bundle", origin: this.checkpoint.origin, size: this.checkpoint.size,
      registry: this.registry.tree.size, newest: this.newest, beyond: this.beyond,
    };
  }

  entries(folder) {
    return [...this.files.keys()].filter((name) => name.startsWith(folder) && name.endsWith(".entry")).map((name) => name.slice(0, -6));
  }

  text(name) {
    const bytes = this.files.get(name);
    demand(bytes, "missing", { file: name });
    return decoded(bytes);
  }

  /** Every file is listed with its hash, and the list is spelt as its files make it. */
  async manifest() {
    const text = this.text("manifest.json");
    const listed = members(JSON.parse(text), "bundle origin size files").files;
    const checkpoint = readCheckpoint(this.text("checkpoint"));
    for (const file of listed) {
      members(file, "name sha256 meaning");
      demand(this.files.has(file.name), "missing", { file: file.name });
      demand(HEX(await sha256(this.files.get(file.name))) === file.sha256, "altered", { file: file.name });
    }
    const names = listed.map(({ name }) => name);
    for (const name of this.files.keys()) demand(name === "manifest.json" || names.includes(name), "unlisted", { file: name });
    const version = this.files.has("investigation.json") ? 3 : this.files.has("snapshot/note") ? 2 : 1;
    const bundle = `custody-bundle/${version}`;
    const head = JSON.stringify({ bundle, origin: checkpoint.origin, size: checkpoint.size, files: [] });
    const spelt = `${head.slice(0, -2)}\n${listed.map((file) => JSON.stringify(file)).join(",\n")}\n]}\n`;
    demand(spelt === text && names.every((name, n) => n === 0 || name > names[n - 1]), "malformed", { why: "manifest.json" });
    this.beyond = names.filter((name) => !/^(checkpoint|registry\/|statements\/|documents[/.]|investigation\.|dossiers\/|reports\/|trace\.|README\.txt|verifier\.py)/.test(name));
    return checkpoint;
  }

  /** The documents of an investigation, those listed: how many, and how many of them the log notes. */
  async documents() {
    const text = this.text("documents.json");
    const { documents } = members(JSON.parse(text), "documents");
    demand(`${JSON.stringify({ documents })}\n` === text, "malformed", { why: "documents.json" });
    const there = [...this.files.keys()].filter((name) => name.startsWith("documents/")).sort();
    demand(JSON.stringify(documents.map(({ file }) => file).sort()) === JSON.stringify(there), "malformed", { why: "documents.json" });
    let noted = 0;
    for (const one of documents) {
      const { file, sha256: digest, size, salt, statement } = members(one, "file sha256 size salt statement?");
      const content = this.files.get(file);
      const hash = await sha256(content);
      demand(HEX(hash) === digest && content.length === size && unb64(salt).length === 32, "altered", { file });
      if (!statement) continue;
      const name = b64(await sha256(joined(Uint8Array.of(3), unb64(salt), hash)));
      demand(this.registry.documents.get(statement)?.includes(name), "not-noted", { file });
      noted += 1;
    }
    return { n: documents.length, noted };
  }

  async included(name) {
    const entry = await within(`${name}.entry`, () => readEntry(this.files.get(`${name}.entry`)));
    const index = await within(`${name}.proof`, async () => {
      const proof = readProof(this.text(`${name}.proof`));
      demand(proof.note === this.checkpoint.note, "other-checkpoint");
      await verifyInclusion(entry.leaf, proof.index, this.checkpoint.size, proof.path, this.checkpoint.root);
      return proof.index;
    });
    if (entry.admitted > this.newest) this.newest = entry.admitted;
    return { entry, index };
  }

  async statement(name, found) {
    const { entry, index } = await this.included(name);
    demand(name === `statements/${index}`, "order", { file: `${name}.proof` });
    const shown = await within(`${name}.disclosure.json`, async () => {
      if (!this.files.has(`${name}.disclosure.json`)) return { whole: false, part: false };
      const text = this.text(`${name}.disclosure.json`);
      const value = members(JSON.parse(text), "body? disclosure?");
      demand(JSON.stringify(value) === text, "malformed", { why: "JSON" });
      return verifyShown(entry.statement, value);
    });
    await within(`${name}.entry`, async () => {
      demand(!entry.statement.act, "malformed", { why: "custody+jws" });
      const size = this.registry.sizeAt(entry.head);
      demand(size === this.positions.filter((position) => position < index).length, "registry-head");
      await signed(entry.statement, this.registry.goodSigner(entry, size));
    });
    found.parties.add(entry.statement.claims.iss);
    found.whole += shown.whole;
    found.part += shown.part;
    found.refused += !entry.effect;
  }
}

/** The entry of a receipt, in the tree of its checkpoint; no signature is verified yet. */
export async function readReceipt(value) {
  const entry = await within("entry", () => readEntry(utf8(value.entry)));
  return within("proof", async () => {
    const proof = readProof(value.proof);
    const checkpoint = readCheckpoint(proof.note);
    await verifyInclusion(entry.leaf, proof.index, checkpoint.size, proof.path, checkpoint.root);
    return { entry, index: proof.index, checkpoint };
  });
}

async function verifyReceipt(data, trust) {
  const text = decoded(data).trim();
  const value = members(JSON.parse(text), "receipt entry proof body? disclosure? registry?");
  demand(JSON.stringify(value) === text && value.receipt === 1, "malformed", { why: "receipt" });
  const { entry, checkpoint } = await readReceipt(value);
  const shown = await within("body", () => verifyShown(entry.statement, value));
  demand(value.registry, "receipt-registry");
  const parsed = [];
  for (const [n, one] of value.registry.entries()) parsed.push(await within(`registry ${n}`, () => readEntry(utf8(one))));
  demand(b64(await root(parsed.map(({ leaf }) => leaf))) === entry.head, "registry-head");
  const registry = await Registry.begin(trust);
  for (const [n, one] of parsed.entries()) await within(`registry ${n}`, () => registry.add(one));
  await within("checkpoint", () => verifyCheckpoint(checkpoint, registry));
  await within("entry", async () => signed(entry.statement, registry.goodSigner(entry, registry.tree.size)));
  return {
    kind: "receipt", statements: 1, parties: 1, whole: Number(shown.whole), part: Number(shown.part), refused: Number(!entry.effect),
    origin: checkpoint.origin, size: checkpoint.size, registry: parsed.length, newest: entry.admitted, beyond: [],
  };
}

/** What a file proves against a root document; throws Refused with what does not hold. `tell(n, of)` hears of the progress. */
export async function verifyEvidence(data, trustText, tell = () => {}) {
  const trust = await within("trust.json", async () => readTrust(JSON.parse(trustText)));
  if (data[0] === 0x50 && data[1] === 0x4b) return new Bundle(readArchive(data), trust, tell).verify();
  return within("receipt", () => verifyReceipt(data, trust));
}
