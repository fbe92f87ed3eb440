// What a code says, without the server: element strings, their bracketed form and Digital Link URIs, as far
// as they are on packs and containers. The server's gs1 room knows every AI and every rule; what is not
// certain here is left to it.

const GS = "\x1d";
// AIs of fixed length (GS1 General Specifications 7.8.5), and the longest value of the others.
const FIXED = { "00": 18, "01": 14, 11: 6, 13: 6, 15: 6, 16: 6, 17: 6, 20: 2 };
const LONGEST = { 10: 20, 21: 20, 22: 20, 37: 8, 30: 8, 240: 30, 241: 30, 250: 30, 251: 30, 400: 30, 8003: 30, 8004: 30, 8200: 70 };
for (let n = 710; n <= 717; n += 1) LONGEST[n] = 20;
for (let n = 90; n <= 99; n += 1) LONGEST[n] = n === 90 ? 30 : 90;
const SET_82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+$/;
const SYMBOLOGY = /^\](C1|d2|Q3|e0|J1)/;
const STEM = "https://id.gs1.org";

function checks(digits) {
  const sum = [...digits].reverse().reduce((total, digit, n) => total + Number(digit) * (n % 2 ? 3 : 1), 0);
  return /^\d+$/.test(digits) && sum % 10 === 0;
}

function isValid(ai, value) {
  if (FIXED[ai] && (value.length !== FIXED[ai] || !/^\d+$/.test(value))) return false;
  if (ai === "00" || ai === "01") return checks(value);
  if (ai === "11" || ai === "13" || ai === "15" || ai === "16" || ai === "17") return dateOf(value) !== null;
  if (ai === "8003" && !(value[0] === "0" && checks(value.slice(1, 14)))) return false;
  return SET_82.test(value) && value.length <= (LONGEST[ai] ?? FIXED[ai]);
}

/** YYMMDD as an ISO date: the century by GS1's sliding window, day 00 the last of the month; null for none. */
export function dateOf(text, today = new Date()) {
  const [short, month, day] = [text.slice(0, 2), text.slice(2, 4), text.slice(4, 6)].map(Number);
  const gap = short - (today.getFullYear() % 100);
  const century = Math.floor(today.getFullYear() / 100) + (gap >= 51 ? -1 : gap <= -50 ? 1 : 0);
  const year = century * 100 + short;
  const last = new Date(year, month, 0).getDate();
  if (month < 1 || month > 12 || day > last) return null;
  return `${year}-${text.slice(2, 4)}-${String(day || last).padStart(2, "0")}`;
}

function ofElements(text) {
  const pairs = [];
  let rest = text.startsWith(GS) ? text.slice(1) : text;
  while (rest) {
    const ai = [2, 3, 4].map((size) => rest.slice(0, size)).find((start) => FIXED[start] || LONGEST[start]);
    if (!ai) return null;
    const end = FIXED[ai] ? ai.length + FIXED[ai] : (rest + GS).indexOf(GS);
    pairs.push([ai, rest.slice(ai.length, end)]);
    rest = rest.slice(end);
    if (rest.startsWith(GS)) rest = rest.slice(1);
  }
  return pairs;
}

function ofBrackets(text) {
  const pairs = [...text.replace(/ /g, "").matchAll(/\((\d{2,4})\)((?:\\\(|[^(])*)/g)].map(([, ai, value]) => [ai, value.replaceAll("\\(", "(")]);
  return pairs.every(([ai]) => FIXED[ai] || LONGEST[ai]) ? pairs : null;
}

function ofLink(text) {
  try {
    const url = new URL(text);
    const steps = url.pathname.split("/").slice(1).map(decodeURIComponent);
    const first = steps.findIndex((step, n) => ["01", "00", "8003", "8004"].includes(step) && (steps.length - n) % 2 === 0);
    if (first < 0) return null;
    const pairs = [];
    for (let n = first; n < steps.length; n += 2) pairs.push([steps[n], steps[n + 1]]);
    const asked = [...url.searchParams].filter(([ai]) => /^\d{2,4}$/.test(ai));
    // What qualifies a key stands in the path, and nowhere else (GS1 Digital Link URI Syntax 4).
    return asked.some(([ai]) => ["10", "21", "22"].includes(ai)) ? null : [...pairs, ...asked];
  } catch {
    return null;
  }
}

const escape = (text) => encodeURIComponent(text).replace(/[!'()*~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

function epcOf(values) {
  if (values["01"] && values["21"]) return `${STEM}/01/${values["01"]}/21/${escape(values["21"])}`;
  if (values["00"]) return `${STEM}/00/${values["00"]}`;
  if (values["8003"]?.length > 14) return `${STEM}/8003/${escape(values["8003"])}`;
  return values["8004"] ? `${STEM}/8004/${escape(values["8004"])}` : "";
}

/** pack, case, unit or asset, by the key in an item's URI. */
export function kindOf(epc) {
  const path = epc.slice(STEM.length);
  if (path.startsWith("/00/")) return "unit";
  return path.startsWith("/01/") ? (path.startsWith("/01/0") ? "pack" : "case") : "asset";
}

/** {epc, kind, gtin, serial, lot, expiry, hri}, or null for what is not certainly a GS1 code of one item. */
export function parse(text) {
  const plain = text.trim().replace(SYMBOLOGY, "");
  const pairs = plain.startsWith("(") ? ofBrackets(plain) : /^https?:/i.test(plain) ? ofLink(plain) : ofElements(plain);
  if (!pairs?.length || !pairs.every(([ai, value]) => (FIXED[ai] || LONGEST[ai]) && isValid(ai, value))) return null;
  const values = {};
  for (const [ai, value] of pairs) {
    if (values[ai] !== undefined && values[ai] !== value) return null;
    values[ai] = value;
  }
  const epc = epcOf(values);
  if (!epc) return null;
  return {
    epc, kind: kindOf(epc), gtin: values["01"] ?? "", serial: values["21"] ?? "", lot: values["10"] ?? "",
    expiry: values["17"] ? dateOf(values["17"]) : "", hri: pairs.map(([ai, value]) => `(${ai})${value}`).join(" "),
  };
}
