// Whether the trace of a bundle is whole: every row of it proven in the snapshot, and none missing. Follows
// traceability/reports/completeness.py. Rows, trace.json and trace.csv are read beside each other, line by line.

import { GrowingRoot, isBeginning, leadsTo } from "./growing.js";
import { demand, Refused, within } from "./refusal.js";
import { bytesOf, members } from "./registrar.js";
import { hashOf } from "./sha256.js";
import { b64, unb64, utf8 } from "./statement.js";

const ROW = "epc condition born acted life? lot? expiry? in? custodian? site? owner? receiver? dispatch? unmatched? left?";
const COLUMNS = "gtin product serial lot expiry state holder_gln holder site since evidence container statement entry receiver_gln receiver outermost epc".split(" ");
const GOOD = ["active", "partly_dispensed"];
const RUNS = ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"];
const HEAD = /^custody-snapshot\/1\n([^\n]+)\n([1-9][0-9]{0,15}) (\S{44})\n(0|[1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15})\n(\S{44})\n$/;
const LINK = /^https:\/\/id\.gs1\.org\/(?:(01\/[0-9]{14})\/21\/|(00)\/|(8003\/[0-9]{14})|(8004)\/)(.+)$/;
const NUMBERS = /^(0|[1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15})$/;
const ZERO = Uint8Array.of(0);
const EVERY = 5000; // rows between two reports of progress

const escaped = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

function hashFrom(text) {
  const bytes = unb64(text);
  demand(bytes.length === 32, "malformed", { why: "hash" });
  return bytes;
}

/** What many items share, and what is this item's own. */
function splitLink(epc) {
  const found = LINK.exec(epc);
  demand(found, "malformed", { why: epc });
  return [found[1] ?? found[2] ?? found[3] ?? found[4], decodeURIComponent(found[5])];
}

function container(epc) {
  const path = epc.slice("https://id.gs1.org".length);
  return path.startsWith("/00/") ? path.slice(4) : path;
}

/** A cell that no spreadsheet runs as a formula. */
function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const bare = text.replace(/^'+/, "");
  return RUNS.some((run) => bare.startsWith(run)) ? `'${text}` : text;
}

/** The signed text of a snapshot's note and what it says: {text, origin, size, logRoot, groups, root, lines}. */
function readNote(note) {
  const cut = note.lastIndexOf("\n\n");
  const text = note.slice(0, cut + 1);
  const found = HEAD.exec(text);
  demand(cut > 0 && note.endsWith("\n") && found, "malformed", { why: "custody-snapshot/1" });
  const lines = note.slice(cut + 2, -1).split("\n").map((line) => {
    const [dash, name, encoded, ...rest] = line.split(" ");
    demand(dash === "\u2014" && name && encoded && !rest.length, "malformed", { why: "note" });
    return { name, data: bytesOf(encoded) };
  });
  return {
    text, lines, origin: found[1], size: Number(found[2]), logRoot: bytesOf(found[3]), groups: Number(found[5]), root: bytesOf(found[6]),
  };
}

/** The rows of a group. */
class Group {
  constructor(lines, snapshot) {
    Object.assign(this, { lines, snapshot, tree: new GrowingRoot(), shown: 0, closed: new GrowingRoot() });
  }

  /** The group when its rows lead to the root of the snapshot; `see` gets each that is shown. */
  static async verified(lines, snapshot, see = () => {}) {
    const made = new Group(lines, snapshot);
    await made.begin();
    for await (const { row, serial, place, salt, text } of made.rows((level, hash) => made.tree.appendSubtree(level, hash))) {
      made.tree.append(hashOf(ZERO, hashFrom(salt), utf8(text)));
      made.closed.append(hashOf(ZERO, utf8(serial)));
      made.shown += 1;
      see(row, place);
    }
    made.verify();
    return made;
  }

  async next() {
    const { value, done } = await this.lines.next();
    demand(!done, "malformed", { why: "custody-rows/1" });
    return value;
  }

  async begin() {
    const kind = await this.next();
    const numbers = NUMBERS.exec(await this.next());
    demand(kind === "custody-rows/1" && numbers, "malformed", { why: "custody-rows/1" });
    Object.assign(this, { index: Number(numbers[1]), size: Number(numbers[2]), name: await this.next() });
    this.salt = hashFrom(await this.next());
    this.path = [];
    for (let line = await this.next(); line !== ""; line = await this.next()) this.path.push(hashFrom(line));
  }

  /** Each row that is shown, at its place; `hide` gets the level and the hash of those that are not. */
  async* rows(hide = () => {}) {
    let place = 0;
    let last = "";
    let ended = false;
    for await (const line of this.lines) {
      demand(!ended, "malformed", { why: "row" });
      if (line === "") {
        ended = true;
        continue;
      }
      if (line[43] !== " " || line[44] !== "{") { // a salt may begin with a minus as well
        const [, level, hash] = /^-([0-9]|[1-3][0-9]|4[0-7]) (\S{43})$/.exec(line) ?? [];
        demand(hash, "malformed", { why: "row" });
        hide(Number(level), hashFrom(hash));
        place += 2 ** Number(level);
        continue;
      }
      const [salt, text] = [line.slice(0, 43), line.slice(44)];
      const { row, serial } = this.read(text);
      demand(last === "" || serial > last, "row-place", { item: row.epc });
      last = serial;
      yield { row, serial, place, salt, text };
      place += 1;
    }
    demand(ended, "malformed", { why: "row" });
  }

  /** A row and what it is sorted by, when it belongs to this group. */
  read(text) {
    const row = members(JSON.parse(text), ROW);
    demand(JSON.stringify(row) === text && typeof row.epc === "string", "malformed", { why: "row" });
    const [prefix, serial] = splitLink(row.epc);
    const loose = prefix === "00" ? `00/${serial.slice(0, -5)}` : prefix;
    demand(this.name === ("lot" in row ? `${prefix}/10/${escaped(row.lot)}` : loose), "row-place", { item: row.epc });
    return { row, serial };
  }

  verify() {
    demand(this.tree.size === this.size, "row-count", { n: this.tree.size, of: this.size });
    const size = new Uint8Array(8);
    new DataView(size.buffer).setBigUint64(0, BigInt(this.size));
    const leaf = hashOf(ZERO, this.salt, size, this.tree.root(), utf8(this.name));
    demand(leadsTo(leaf, this.index, this.snapshot.groups, this.path, this.snapshot.root), "rows");
  }
}

/** The packs of trace.json, one by one: as we write it, one a line, or any other way. */
async function* packsOf(archive, about) {
  const lines = archive.lines("trace.json");
  const { value: first } = await lines.next();
  if (!/^\{"about":\{.*\},"packs":\[$/.test(first)) {
    let text = first;
    for await (const line of lines) text += `\n${line}`;
    const trace = members(JSON.parse(text), "about packs");
    about(trace.about);
    yield* trace.packs;
    return;
  }
  about(JSON.parse(`${first}]}`).about);
  let ended = false;
  for await (const line of lines) {
    if (line === "]}") ended = true;
    else if (line) {
      demand(!ended, "malformed", { why: "trace.json" });
      yield JSON.parse(line.endsWith(",") ? line.slice(0, -1) : line);
    }
  }
  demand(ended, "malformed", { why: "trace.json" });
}

/** The cells of one record. */
function cells(text) {
  const found = [""];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"' && quoted && text[at + 1] === '"') found[found.length - 1] += text[at += 1];
    else if (letter === '"') quoted = !quoted;
    else if (letter === "," && !quoted) found.push("");
    else found[found.length - 1] += letter;
  }
  return found;
}

/** The records of a CSV file (RFC 4180), each a list of cells. */
async function* recordsOf(archive) {
  let waiting = "";
  for await (const line of archive.lines("trace.csv")) {
    waiting += waiting ? `\n${line}` : line;
    if ((waiting.match(/"/g)?.length ?? 0) % 2) continue; // a line feed inside of quotes
    const text = waiting.replace(/\r$/, "");
    waiting = "";
    if (text) yield cells(text);
  }
  demand(!waiting, "csv");
}

/** The snapshot of a bundle while it is verified. */
export class Whole {
  constructor({ archive, registry, checkpoint, tell }, statements) {
    Object.assign(this, { archive, registry, checkpoint, tell, statements, above: new Map(), tops: new Map() });
  }

  async verify(signedByLog) {
    const { archive } = this;
    for (const name of ["snapshot/consistency", "trace.json", "trace.csv", "snapshot/000000.rows"]) demand(archive.has(name), "missing", { file: name });
    await within("snapshot/note", async () => {
      this.snapshot = readNote(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await archive.bytes("snapshot/note")));
      await signedByLog(this.snapshot);
    });
    await within("snapshot/consistency", () => this.consistency());
    const names = archive.names().filter((name) => name.endsWith(".rows"));
    for (const [n, name] of names.entries()) demand(name === `snapshot/${String(n).padStart(6, "0")}.rows`, "missing", { file: `snapshot/${String(n).padStart(6, "0")}.rows` });
    for (const name of names.slice(1)) await within(name, () => this.containers(name));
    return this.lot();
  }

  async consistency() {
    const lines = new TextDecoder().decode(await this.archive.bytes("snapshot/consistency")).split("\n");
    demand(lines.pop() === "" && lines.every((line) => /^[0-9a-f]{64}$/.test(line)), "malformed", { why: "hash" });
    const path = lines.map((line) => Uint8Array.from(line.match(/../g), (pair) => parseInt(pair, 16)));
    const { size, logRoot } = this.snapshot;
    demand(isBeginning(size, this.checkpoint.size, path, logRoot, this.checkpoint.root), "consistency");
  }

  async containers(name) {
    await Group.verified(this.archive.lines(name), this.snapshot, (row) => this.above.set(row.epc, row));
  }

  /** The rows of the lot; then once more, and beside each what trace.json and trace.csv say of its pack. */
  async lot() {
    const file = "snapshot/000000.rows";
    let about = {};
    let seen = 0;
    const group = await within(file, () => Group.verified(this.archive.lines(file), this.snapshot, () => {
      if (seen % EVERY === 0) this.tell({ hashed: seen });
      seen += 1;
    }));
    const again = new Group(this.archive.lines(file), this.snapshot);
    const [packs, records] = [packsOf(this.archive, (said) => { about = said; }), recordsOf(this.archive)];
    await within(file, () => again.begin());
    await within("trace.csv", () => this.record(records, COLUMNS));
    const rows = again.rows();
    let row = await within(file, () => rows.next());
    let count = 0;
    for (;; count += 1) {
      const { value: told, done } = await within("trace.json", () => packs.next());
      if (count === 0 && group.name !== `01/${about.gtin}/10/${escaped(about.lot)}`) throw new Refused("rows-of", { name: group.name }, file);
      if (done) break;
      const here = !row.done && row.value.place === count ? row.value.row : null;
      const top = here && this.speaker(here);
      await within("trace.json", () => {
        demand(count < group.size, "trace-count", { n: count + 1, of: group.size });
        demand(told && typeof told === "object" && JSON.stringify(Object.keys(told)) === JSON.stringify(COLUMNS), "malformed", { why: "columns" });
        this.pack(told, here, top);
      });
      await within("trace.csv", () => this.record(records, COLUMNS.map((name) => cell(told[name]))));
      if (here) row = await within(file, () => rows.next());
      if (count % EVERY === 0) this.tell({ rows: count, of: group.size });
    }
    await within("trace.json", () => demand(row.done && count === group.size, "trace-count", { n: count, of: group.size }));
    await within("trace.csv", async () => demand((await records.next()).done, "csv"));
    return this.found(group, about);
  }

  async record(records, wanted) {
    const { value, done } = await records.next();
    demand(!done && JSON.stringify(value) === JSON.stringify(wanted), "csv");
  }

  found(group, { gtin, lot }) {
    const { size, text } = this.snapshot;
    const act = JSON.stringify({ type: "snapshot", size, snapshot: b64(hashOf(utf8(text))) });
    const closed = this.registry.closed.get(`${gtin} ${lot}`);
    const all = group.shown === group.size;
    return {
      lot, size, packs: group.size, proven: group.shown, countersigned: this.registry.countersigned.get(act) ?? [],
      closed: closed?.count ?? null,
      same: closed && all ? closed.count === group.size && closed.root === b64(group.closed.root()) : null,
    };
  }

  /** What the trace says of a pack is what its row and those of its containers say. */
  pack(told, row, top) {
    const { serial } = told;
    if (!row) {
      demand(told.state === "handed_on" && !told.holder_gln && !told.statement, "row-hidden", { serial });
      return;
    }
    const [prefix, own] = splitLink(row.epc);
    const state = [row, top].map(({ condition }) => condition).find((condition) => !GOOD.includes(condition));
    const wanted = {
      epc: row.epc, gtin: prefix.slice(3), serial: own, lot: row.lot ?? "", expiry: row.expiry ?? "",
      state: state ?? ("receiver" in top ? "in_transit" : row.condition), holder_gln: top.custodian ?? "", receiver_gln: top.receiver ?? "",
      container: "in" in row ? container(row.in) : "", outermost: "in" in row ? container(top.epc) : "",
      statement: top.acted, entry: this.statements.get(top.acted).index,
    };
    for (const [name, value] of Object.entries(wanted)) demand(told[name] === value, "trace-word", { serial, name, got: String(told[name]), wanted: String(value) });
  }

  /** The row that says where a pack is: its own, or that of its outermost container. */
  speaker(row) {
    this.last(row);
    return "in" in row ? this.top(row.in) : row;
  }

  /** The outermost container above a pack; the last statement about each of them must be here. */
  top(epc) {
    if (!this.tops.has(epc)) {
      const row = this.above.get(epc);
      if (!row) throw new Refused("row-missing", { item: epc }, "snapshot");
      this.last(row);
      this.tops.set(epc, "in" in row ? this.top(row.in) : row);
    }
    return this.tops.get(epc);
  }

  last(row) {
    const found = this.statements.get(row.acted);
    if (!found) throw new Refused("last-missing", { item: row.epc, id: row.acted }, "statements");
    if (!found.effect || found.index >= this.snapshot.size) throw new Refused("not-last", { item: row.epc }, `statements/${found.index}`);
  }
}
