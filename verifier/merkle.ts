import { hash } from 'node:crypto';

/*
 * The tree of RFC 9162: SHA-256, positional. Plain functions for any caller. Indexes and sizes are bigint, hashes are Uint8Array of 32
 * bytes; anything else, of whatever type, is a proof that does not verify: `false`, never a throw.
 */

/** A leaf of an inclusion proof. `index` counts from 0 and is below `size`. */
export interface InclusionClaim {
  readonly index: bigint;
  readonly size: bigint;
  readonly leafHash: Uint8Array;
  /** From the leaf's sibling up; at most 64 hashes. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Two sizes of one log, 0 < size1 <= size2. */
export interface ConsistencyClaim {
  readonly size1: bigint;
  readonly size2: bigint;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  /** At most 65 hashes; empty for equal sizes. */
  readonly proof: readonly Uint8Array[];
}

const sizeMax = 2n ** 64n - 1n;
const inclusionHashesMax = 64;
const consistencyHashesMax = 65;
const nodePrefix = Uint8Array.of(1);

/** Root of a list of leaf hashes; of none, SHA-256 of nothing (RFC 9162, section 2.1.1). */
export function rootOf(leafHashes: readonly Uint8Array[]): Uint8Array {
  if (leafHashes.length === 0) return sha256(new Uint8Array());
  let level = [...leafHashes];
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const left = level[at] as Uint8Array;
      const right = level[at + 1];
      // A node without a neighbour goes up as it is: that is the split at the largest power of two, seen from below.
      above.push(right === undefined ? left : nodeHash(left, right));
    }
    level = above;
  }
  return level[0] as Uint8Array;
}

/** Is the leaf at this index of the tree of this size? (RFC 9162, section 2.1.3.2.) A proof binds the index, not the size. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  if (!isInclusionClaim(claim)) return false;
  const { index, size, leafHash, proof, root } = claim;
  let fn = index;
  let sn = size - 1n;
  let node = leafHash;
  for (const sibling of proof) {
    if (sn === 0n) return false;
    if (isOdd(fn) || fn === sn) {
      node = nodeHash(sibling, node);
      while (!isOdd(fn) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      node = nodeHash(node, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return sn === 0n && sameBytes(node, root);
}

/** Does the tree of `size2` extend the one of `size1`? (RFC 9162, section 2.1.4.2.) False for `size1` 0: that is a matter of policy. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  if (!isConsistencyClaim(claim)) return false;
  const { size1, size2, root1, root2, proof } = claim;
  if (size1 === size2) return proof.length === 0 && sameBytes(root1, root2);
  let fn = size1 - 1n;
  let sn = size2 - 1n;
  while (isOdd(fn)) [fn, sn] = [fn >> 1n, sn >> 1n];
  // A complete old tree is itself the first node of the path; any other brings it as the first hash.
  const path = fn === 0n ? [root1, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let [node1, node2] = [first, first];
  for (const sibling of rest) {
    if (sn === 0n) return false;
    if (isOdd(fn) || fn === sn) {
      [node1, node2] = [nodeHash(sibling, node1), nodeHash(sibling, node2)];
      while (!isOdd(fn) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      node2 = nodeHash(node2, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return sn === 0n && sameBytes(node1, root1) && sameBytes(node2, root2);
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([nodePrefix, left, right]));
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function isInclusionClaim(claim: unknown): claim is InclusionClaim {
  if (!isRecord(claim)) return false;
  const { index, size, leafHash, proof, root } = claim;
  return isSize(size) && isSize(index) && index < size && isHash(leafHash) && isHash(root) && isProof(proof, inclusionHashesMax);
}

function isConsistencyClaim(claim: unknown): claim is ConsistencyClaim {
  if (!isRecord(claim)) return false;
  const { size1, size2, root1, root2, proof } = claim;
  if (!isSize(size1) || !isSize(size2) || size1 === 0n || size1 > size2) return false;
  return isHash(root1) && isHash(root2) && isProof(proof, consistencyHashesMax);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isSize(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= sizeMax;
}

function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32;
}

function isProof(value: unknown, hashesMax: number): value is readonly Uint8Array[] {
  if (!Array.isArray(value) || value.length > hashesMax) return false;
  // By index: a hole is not a hash, and `every` would pass it over.
  for (let at = 0; at < value.length; at++) if (!isHash(value[at])) return false;
  return true;
}

function isOdd(number: bigint): boolean {
  return (number & 1n) === 1n;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}
