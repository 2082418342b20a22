/*
 * Which hashes make a proof, without reading any: the shapes of RFC 6962 section 2.1.1 and 2.1.2. Each hash of a proof is the root of the
 * leaves [from, to), a full subtree or the right edge of the tree.
 */

/** The leaves from `from` up to and without `to`. */
export interface LeafRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** From the leaf's sibling up. Throws `RangeError` unless index < size. */
export function inclusionShape(index: bigint, size: bigint): LeafRange[] {
  if (index < 0n || index >= size) throw new RangeError(`A tree of ${size} leaves has no leaf ${index}.`);
  const siblings: LeafRange[] = [];
  let from = 0n;
  let to = size;
  while (to - from > 1n) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      siblings.push({ from: middle, to });
      to = middle;
    } else {
      siblings.push({ from, to: middle });
      from = middle;
    }
  }
  return siblings.reverse();
}

/** Throws `RangeError` unless 0 < size1 <= size2. Empty for equal sizes. */
export function consistencyShape(size1: bigint, size2: bigint): LeafRange[] {
  if (size1 <= 0n || size1 > size2) throw new RangeError(`No consistency proof leads from ${size1} to ${size2} leaves.`);
  const hashes: LeafRange[] = [];
  let from = 0n;
  let to = size2;
  let isWholeOldTree = true;
  while (size1 !== to) {
    const middle = from + splitOf(to - from);
    if (size1 <= middle) {
      hashes.push({ from: middle, to });
      to = middle;
    } else {
      hashes.push({ from, to: middle });
      from = middle;
      isWholeOldTree = false;
    }
  }
  // The verifier knows the old root; a smaller start has to be told.
  if (!isWholeOldTree) hashes.push({ from, to });
  return hashes.reverse();
}

/** The largest power of two below n, for n > 1. */
function splitOf(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

/** A full subtree of 2^height leaves: the `index`-th of its height. */
export interface Subtree {
  readonly height: number;
  readonly index: bigint;
}

/** The full subtrees that a range of a proof is made of, largest first: one, or several at the right edge of the tree. */
export function subtreesOf({ from, to }: LeafRange): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let start = from; start < to;) {
    const height = (to - start).toString(2).length - 1;
    subtrees.push({ height, index: start >> BigInt(height) });
    start += 1n << BigInt(height);
  }
  return subtrees;
}
