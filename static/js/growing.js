// The RFC 6962 root over hashes that come one by one, and whether one tree is the beginning of another.

import { Refused } from "./refusal.js";
import { hashOf } from "./sha256.js";

export const same = (one, other) => one.length === other.length && one.every((byte, n) => byte === other[n]);
const ONE = Uint8Array.of(1);
const node = (left, right) => hashOf(ONE, left, right);

export class GrowingRoot {
  size = 0;
  edge = [];

  append(leaf) {
    this.appendSubtree(0, leaf);
  }

  /** 2^level leaves at once, by the root over them. */
  appendSubtree(level, subtree) {
    const width = 2 ** level;
    if (this.size % width) throw new Refused("malformed", { why: "subtree" });
    let hash = subtree;
    this.size += width;
    for (let size = this.size / width; size % 2 === 0; size /= 2) hash = node(this.edge.pop(), hash);
    this.edge.push(hash);
  }

  root() {
    if (!this.edge.length) return hashOf();
    let root = this.edge.at(-1);
    for (let n = this.edge.length - 2; n >= 0; n -= 1) root = node(this.edge[n], root);
    return root;
  }
}

/** Whether a path leads from a leaf at a place to a root (RFC 9162 section 2.1.3.2). */
export function leadsTo(leaf, index, size, path, wanted) {
  if (index >= size) return false;
  let hash = leaf;
  let place = BigInt(index);
  let last = BigInt(size) - 1n;
  for (const sibling of path) {
    if (last <= 0n) return false;
    if (place % 2n || place === last) {
      hash = node(sibling, hash);
      while (place && place % 2n === 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      hash = node(hash, sibling);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  return last === 0n && same(hash, wanted);
}

/** Whether the tree of `old` leaves is a beginning of that of `size` leaves (RFC 9162 section 2.1.4.2). */
export function isBeginning(old, size, path, oldRoot, newRoot) {
  if (!(old > 0 && old <= size)) return false;
  if (old === size) return !path.length && same(oldRoot, newRoot);
  const whole = BigInt(old);
  const steps = (whole & (whole - 1n)) === 0n ? [oldRoot, ...path] : path;
  if (!steps.length) return false;
  let place = whole - 1n;
  let last = BigInt(size) - 1n;
  while (place % 2n) [place, last] = [place / 2n, last / 2n];
  let before = steps[0];
  let after = steps[0];
  for (const step of steps.slice(1)) {
    if (last <= 0n) return false;
    if (place % 2n || place === last) {
      [before, after] = [node(step, before), node(step, after)];
      while (place && place % 2n === 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      after = node(after, step);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  return last === 0n && same(before, oldRoot) && same(after, newRoot);
}
