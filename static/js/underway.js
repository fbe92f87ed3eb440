// What is being signed. What is scanned meanwhile belongs to what comes after it, and waits.

let current = null;

/** Marks the work of a promise as a signature under way; returns the promise. */
export function underway(work) {
  const mine = work.then(() => {}, () => {}).then(() => {
    if (current === mine) current = null;
  });
  current = mine;
  return work;
}

/** Settles when nothing is being signed any more; null when nothing is. */
export const untilSigned = () => current;
