import { hash } from 'node:crypto';

/* The tree as RFC 9162, section 2.1 defines it: recursive, slow and plain. The oracle of every faster one. */

export const leafHash = (entry: Uint8Array): Buffer => sha256(Buffer.concat([Buffer.of(0), entry]));
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.concat([Buffer.of(1), left, right]));

/** Hash of the complete or incomplete tree over leaves [start, end). */
export type RangeHash = (start: bigint, end: bigint) => Buffer;

/** Hashes of ranges of a list of leaf hashes. */
export function rangesOf(leaves: readonly Buffer[]): RangeHash {
  const range: RangeHash = (start, end) => {
    if (end === start) return sha256(Buffer.alloc(0));
    if (end - start === 1n) return leaves[Number(start)] as Buffer;
    const middle = start + split(end - start);
    return nodeHash(range(start, middle), range(middle, end));
  };
  return range;
}

/**
 * Ranges of a tree far too large to build: complete subtrees have hashes made up from their place, and only those that one of the
 * `cuts` (the sizes a test speaks of) goes through are taken apart.
 */
export function syntheticRanges(cuts: readonly bigint[]): RangeHash {
  const range: RangeHash = (start, end) => {
    const length = end - start;
    const isComplete = (length & (length - 1n)) === 0n;
    const isCut = cuts.some((cut) => start < cut && cut < end);
    if (isComplete && !isCut) return sha256(Buffer.from(`subtree ${start} ${end}`));
    const middle = start + split(length);
    return nodeHash(range(start, middle), range(middle, end));
  };
  return range;
}

export function inclusionProof(range: RangeHash, index: bigint, size: bigint): Buffer[] {
  const path = (at: bigint, start: bigint, end: bigint): Buffer[] => {
    if (end - start === 1n) return [];
    const middle = start + split(end - start);
    return at < middle ? [...path(at, start, middle), range(middle, end)] : [...path(at, middle, end), range(start, middle)];
  };
  return path(index, 0n, size);
}

export function consistencyProof(range: RangeHash, oldSize: bigint, newSize: bigint): Buffer[] {
  const subproof = (m: bigint, start: bigint, end: bigint, complete: boolean): Buffer[] => {
    if (m === end - start) return complete ? [] : [range(start, end)];
    const k = split(end - start);
    if (m <= k) return [...subproof(m, start, start + k, complete), range(start + k, end)];
    return [...subproof(m - k, start + k, end, false), range(start, start + k)];
  };
  return subproof(oldSize, 0n, newSize, true);
}

/** The largest power of two below n, for n > 1. */
function split(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}
