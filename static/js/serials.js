// Serials of new packs: made here, or out of a list.

/** GS1 character set 82 (General Specifications 7.11), up to 20 of it. */
export const SERIAL = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
// Of that set, for new serials, what cannot be misread.
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH = 13;

/** A serial nobody can guess: 13 of 32 characters are 65 bits. */
function newSerial() {
  return [...crypto.getRandomValues(new Uint8Array(LENGTH))].map((byte) => ALPHABET[byte & 31]).join("");
}

/** So many new serials, those of `made` first: what is shown stays what it was. */
export function newSerials(count, made = []) {
  const fresh = new Set(made.slice(0, count));
  while (fresh.size < count) fresh.add(newSerial());
  return [...fresh];
}

/** Serials out of pasted or CSV text: the first column of each line, a heading skipped. */
export function listed(text) {
  const rows = text.split(/\r?\n/).map((row) => (row.match(/^"((?:[^"]|"")*)"/)?.[1].replaceAll('""', '"') ?? row.split(/[,;\t]/)[0]).trim());
  const filled = rows.filter(Boolean);
  return /^(serial|serials|sn|serial number|序列号)$/i.test(filled[0] ?? "") ? filled.slice(1) : filled;
}

/** The canonical URI of a pack. */
export const uri = (gtin, serial) => `https://id.gs1.org/01/${gtin}/21/${escaped(serial)}`;

// GS1 Digital Link: everything but RFC 3986 unreserved characters is percent-encoded.
function escaped(serial) {
  return encodeURIComponent(serial).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
