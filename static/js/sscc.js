// Numbers for new cases and pallets.

/** GS1 check digit (General Specifications 7.9.1). */
function checkDigit(digits) {
  const sum = [...digits].reverse().reduce((total, digit, n) => total + Number(digit) * (n % 2 ? 1 : 3), 0);
  return String((10 - (sum % 10)) % 10);
}

/** A container number of our own that was never used: extension digit, company prefix, random reference. */
export function newSscc(prefix) {
  const length = 16 - prefix.length;
  const random = [...crypto.getRandomValues(new Uint8Array(length))].map((byte) => byte % 10).join("");
  const digits = `3${prefix}${random}`;
  return digits + checkDigit(digits);
}
