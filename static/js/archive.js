// A ZIP file of one spelling: stored members, sorted by name (traceability/proof/archive.py). Every byte
// between the members must be the one that follows from them, so that nothing hides there. The file is read piece
// by piece: an archive of a gigabyte takes a few megabytes of memory.

import { Refused } from "./refusal.js";
import { Sha256 } from "./sha256.js";

const LOCAL = 30;
const PIECE = 1 << 20; // bytes that are read at a time
const PIECES = 48; // and how many of them stay in memory
const ascii = (bytes) => String.fromCharCode(...bytes);

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** The CRC-32 of bytes that go on after others, both times as it stands between them. */
function crc32(bytes, before = 0xffffffff) {
  let value = before;
  for (let at = 0; at < bytes.length; at += 1) value = CRC[(value ^ bytes[at]) & 255] ^ (value >>> 8);
  return value;
}

/** Fields, each [bytes, value], little-endian (PKWARE APPNOTE 4.3). */
function packed(...fields) {
  const bytes = new Uint8Array(fields.reduce((length, [size]) => length + size, 0));
  let at = 0;
  for (const [size, value] of fields) {
    let rest = BigInt(value);
    for (let n = 0; n < size; n += 1) {
      bytes[at + n] = Number(rest & 255n);
      rest >>= 8n;
    }
    at += size;
  }
  return bytes;
}

const shared = (name, crc, size) =>
  [[2, 20], [2, 0], [2, 0], [2, 0], [2, 33], [4, crc], [4, size], [4, size], [2, name.length], [2, 0]];
const local = (name, crc, size) => packed([4, 0x04034b50], ...shared(name, crc, size));
const central = (name, crc, size, offset) =>
  packed([4, 0x02014b50], [2, 788], ...shared(name, crc, size), [2, 0], [2, 0], [2, 0], [4, 0o100644 * 65536], [4, offset]);

function end(count, length, offset) {
  const parts = [];
  if (count > 0xfffe) {
    parts.push(packed([4, 0x06064b50], [8, 44], [2, 788], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, length], [8, offset]));
    parts.push(packed([4, 0x07064b50], [4, 0], [8, offset + length], [4, 1]));
  }
  const many = count > 0xfffe ? 0xffff : count;
  parts.push(packed([4, 0x06054b50], [2, 0], [2, 0], [2, many], [2, many], [4, length], [4, offset], [2, 0]));
  return parts;
}

const same = (one, other) => one.length === other.length && one.every((byte, n) => byte === other[n]);

/** A file in pieces, the last ones that were asked for kept. */
class Pieces {
  constructor(blob) {
    Object.assign(this, { blob, kept: new Map() });
  }

  async piece(number) {
    let found = this.kept.get(number);
    if (found) {
      this.kept.delete(number); // to the end of the line
    } else {
      found = new Uint8Array(await this.blob.slice(number * PIECE, (number + 1) * PIECE).arrayBuffer());
      if (this.kept.size >= PIECES) this.kept.delete(this.kept.keys().next().value);
    }
    this.kept.set(number, found);
    return found;
  }

  /** The bytes of a range, or as many of them as there are, in pieces. */
  async* chunks(start, end) {
    for (let at = start; at < Math.min(end, this.blob.size);) {
      const piece = await this.piece(Math.floor(at / PIECE));
      const from = at % PIECE;
      const part = piece.subarray(from, Math.min(from + end - at, piece.length));
      yield part;
      at += part.length;
    }
  }

  async bytes(start, end) {
    const made = new Uint8Array(Math.max(0, Math.min(end, this.blob.size) - start));
    let at = 0;
    for await (const part of this.chunks(start, end)) {
      made.set(part, at);
      at += part.length;
    }
    return made;
  }
}

/** The members of an archive by name, each read when it is asked for. */
export class Archive {
  /** Opens a file, reading it once; `tell(bytes, of)` hears how far that is. Throws Refused. */
  static async open(blob, tell = () => {}) {
    const made = new Archive();
    Object.assign(made, { pieces: new Pieces(blob), members: new Map() });
    await made.read(blob.size, tell);
    return made;
  }

  async read(size, tell) {
    const directory = [];
    let offset = 0;
    let last = "";
    for (;;) {
      const header = await this.pieces.bytes(offset, offset + LOCAL);
      const view = new DataView(header.buffer);
      if (header.length < LOCAL || view.getUint32(0, true) !== 0x04034b50) break;
      const length = view.getUint32(22, true);
      const start = offset + LOCAL + view.getUint16(26, true);
      const named = await this.pieces.bytes(offset + LOCAL, start);
      const name = ascii(named);
      const { crc, digest } = await this.summed(start, start + length, size, tell);
      if (start + length > size || !same(local(name, crc, length), header)) throw new Refused("zip-altered", { file: name });
      if (name <= last) throw new Refused("zip-order", { file: name });
      directory.push(central(name, crc, length, offset), named);
      this.members.set(name, { start, end: start + length, digest });
      last = name;
      offset = start + length;
    }
    await this.verifyDirectory(directory, offset, size);
  }

  async summed(start, end, size, tell) {
    const hash = new Sha256();
    let crc = 0xffffffff;
    let at = start;
    for await (const part of this.pieces.chunks(start, end)) {
      crc = crc32(part, crc);
      hash.add(part);
      if (Math.floor(at / PIECE / 8) !== Math.floor((at + part.length) / PIECE / 8)) tell(at + part.length, size);
      at += part.length;
    }
    return { crc: (crc ^ 0xffffffff) >>> 0, digest: hash.digest() };
  }

  async verifyDirectory(directory, offset, size) {
    const length = directory.reduce((sum, part) => sum + part.length, 0);
    let at = offset;
    for (const part of [...directory, ...end(this.members.size, length, offset)]) {
      if (!same(part, await this.pieces.bytes(at, at + part.length))) throw new Refused("zip-directory");
      at += part.length;
    }
    if (at !== size) throw new Refused("zip-directory");
  }

  has(name) {
    return this.members.has(name);
  }

  names() {
    return [...this.members.keys()];
  }

  /** SHA-256 of a member. */
  digest(name) {
    return this.members.get(name).digest;
  }

  /** All bytes of a member; undefined where there is none of the name. */
  async bytes(name) {
    const found = this.members.get(name);
    return found && this.pieces.bytes(found.start, found.end);
  }

  /** A member as text, line by line, without the line feeds; what follows the last one is a line as well. */
  async* lines(name) {
    const { start, end: stop } = this.members.get(name);
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    let rest = "";
    for await (const part of this.pieces.chunks(start, stop)) {
      const found = (rest + decoder.decode(part, { stream: true })).split("\n");
      rest = found.pop();
      yield* found;
    }
    yield rest + decoder.decode();
  }
}
