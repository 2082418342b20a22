import { hash, isUint8Array } from '#platform';

/*
 * The tree of RFC 6962 and RFC 9162: leaf hashes are given, a node is SHA-256(0x01 || left || right), the tree without leaves has the root
 * SHA-256(""). Nothing here throws: what is no proof, whatever its shape, is `false`.
 */

export interface InclusionClaim {
  /** Place of the leaf, from 0. */
  readonly index: bigint;
  /** Leaves of the tree. A proof does not bind it: whoever states (size, root) does. */
  readonly size: bigint;
  /** 32 bytes: SHA-256(0x00 || entry). */
  readonly leafHash: Uint8Array;
  /** Siblings from the leaf up, 32 bytes each. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

export interface ConsistencyClaim {
  /** The older tree; not empty. */
  readonly size1: bigint;
  readonly size2: bigint;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  /** RFC 9162, section 2.1.4.1. */
  readonly proof: readonly Uint8Array[];
}

const hashBytes = 32;
const inclusionHashesMax = 64;
const consistencyHashesMax = 65;
const sizeMax = 2n ** 64n - 1n;
const nodePrefix = Uint8Array.of(0x01);

/** The root over these leaf hashes, in order. Throws `RangeError` for a hash that has not 32 bytes. */
export function rootOf(leafHashes: readonly Uint8Array[]): Uint8Array {
  if (!leafHashes.every(isHash)) throw new RangeError('A leaf hash has 32 bytes.');
  if (leafHashes.length === 0) return sha256(new Uint8Array());
  let level = leafHashes;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    // An odd last node moves up as it is, which is what splitting at the largest power of two comes to.
    for (let at = 0; at < level.length; at += 2)
      above.push(level[at + 1] === undefined ? nodeAt(level, at) : nodeOf(nodeAt(level, at), nodeAt(level, at + 1)));
    level = above;
  }
  return Uint8Array.from(nodeAt(level, 0));
}

/** Is the leaf in the tree, at this index? */
export function verifyInclusion(claim: InclusionClaim): boolean {
  return falseWhenMalformed(() => {
    const { index, size, leafHash, root } = claim;
    const proof = hashesOf(claim.proof, inclusionHashesMax);
    if (proof === undefined || !isSize(size) || !isSize(index) || index >= size || !isHash(leafHash) || !isHash(root)) return false;
    let [at, last, node] = [index, size - 1n, leafHash];
    for (const sibling of proof) {
      if (last === 0n) return false;
      const isRight = isOdd(at) || at === last;
      node = isRight ? nodeOf(sibling, node) : nodeOf(node, sibling);
      // A last node without a sibling moves up as it is.
      while (isRight && !isOdd(at) && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
      [at, last] = [at >> 1n, last >> 1n];
    }
    return last === 0n && areEqual(node, root);
  });
}

/** Does the tree of `size2` leaves extend the one of `size1`? False for `size1` 0: anything extends nothing, and nothing is proven by it. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  return falseWhenMalformed(() => {
    const { size1, size2, root1, root2 } = claim;
    const proof = hashesOf(claim.proof, consistencyHashesMax);
    if (proof === undefined || !isSize(size1) || !isSize(size2) || !isHash(root1) || !isHash(root2)) return false;
    if (size1 === 0n || size1 > size2) return false;
    if (size1 === size2) return proof.length === 0 && areEqual(root1, root2);
    // The old root itself is where the climb begins if the old tree is full.
    const [first, ...siblings] = isPowerOfTwo(size1) ? [root1, ...proof] : proof;
    if (first === undefined) return false;
    let [at, last] = [size1 - 1n, size2 - 1n];
    while (isOdd(at)) [at, last] = [at >> 1n, last >> 1n];
    let [oldNode, newNode] = [first, first];
    for (const sibling of siblings) {
      if (last === 0n) return false;
      const isLeft = isOdd(at) || at === last;
      if (isLeft) [oldNode, newNode] = [nodeOf(sibling, oldNode), nodeOf(sibling, newNode)];
      else newNode = nodeOf(newNode, sibling);
      while (isLeft && !isOdd(at) && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
      [at, last] = [at >> 1n, last >> 1n];
    }
    return last === 0n && areEqual(oldNode, root1) && areEqual(newNode, root2);
  });
}

/** A claim comes from outside and may be anything, a getter that throws included. */
function falseWhenMalformed(verify: () => boolean): boolean {
  try {
    return verify();
  } catch {
    return false;
  }
}

/** A copy of the proof, so that it cannot change under our hands; undefined for what is no list of hashes. */
function hashesOf(proof: readonly Uint8Array[], hashesMax: number): readonly Uint8Array[] | undefined {
  if (!Array.isArray(proof) || proof.length > hashesMax) return undefined;
  const hashes = Array.from(proof as readonly Uint8Array[]);
  return hashes.every(isHash) ? hashes : undefined;
}

function isHash(value: unknown): value is Uint8Array {
  return isUint8Array(value) && value.length === hashBytes;
}

function isSize(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= sizeMax;
}

function isOdd(number: bigint): boolean {
  return (number & 1n) === 1n;
}

function isPowerOfTwo(size: bigint): boolean {
  return (size & (size - 1n)) === 0n;
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, at) => byte === right[at]);
}

function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([nodePrefix, left, right]));
}

function sha256(message: Uint8Array): Uint8Array {
  return Uint8Array.from(hash('sha256', message, 'buffer'));
}

function nodeAt(level: readonly Uint8Array[], at: number): Uint8Array {
  return level[at] as Uint8Array;
}
