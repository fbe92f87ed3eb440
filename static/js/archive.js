// A ZIP file of one spelling: stored members, sorted by name (traceability/proof/archive.py). Every byte
// between the members must be the one that follows from them, so that nothing hides there.

import { Refused } from "./refusal.js";

const LOCAL = 30;
const ascii = (bytes) => String.fromCharCode(...bytes);

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
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

/** The members of an archive: a Map of name to bytes, in their order. Throws Refused. */
export function readArchive(data) {
  const files = new Map();
  const directory = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let offset = 0;
  let last = "";
  while (offset + LOCAL <= data.length && view.getUint32(offset, true) === 0x04034b50) {
    const size = view.getUint32(offset + 22, true);
    const named = view.getUint16(offset + 26, true);
    const start = offset + LOCAL + named;
    const name = ascii(data.subarray(offset + LOCAL, start));
    const content = data.subarray(start, start + size);
    const crc = crc32(content);
    const whole = content.length === size && same(local(name, crc, size), data.subarray(offset, offset + LOCAL));
    if (!whole) throw new Refused("zip-altered", { file: name });
    if (name <= last) throw new Refused("zip-order", { file: name });
    directory.push(central(name, crc, size, offset), data.subarray(offset + LOCAL, start));
    files.set(name, content);
    last = name;
    offset = start + size;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  let at = offset;
  for (const part of [...directory, ...end(files.size, length, offset)]) {
    if (!same(part, data.subarray(at, at + part.length))) throw new Refused("zip-directory");
    at += part.length;
  }
  if (at !== data.length) throw new Refused("zip-directory");
  return files;
}
