import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SmallTree } from '../../../services/integrity/domain/tree/small-tree.ts';
import { type ConsistencyClaim, type InclusionClaim, rootOf, verifyConsistency, verifyInclusion } from '../../../verifier/merkle.ts';

type Hash = Uint8Array;

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'vectors', 'ct-reference.json'), 'utf8')) as {
  leaves: string[];
  roots: string[];
};

const sha256 = (...parts: Uint8Array[]): Hash => Uint8Array.from(createHash('sha256').update(Buffer.concat(parts)).digest());
const leafHashOf = (text: string): Hash => sha256(Uint8Array.of(0), Buffer.from(text, 'hex'));
const nodeOf = (left: Hash, right: Hash): Hash => sha256(Uint8Array.of(1), left, right);
const leavesOf = (count: number): Hash[] => Array.from({ length: count }, (_, index) => leafHashOf(index.toString(16).padStart(8, '0')));
const changed = (hash: Hash, bit: number): Hash => hash.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

/** The definitions of RFC 9162, section 2.1, word for word. */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function rootByDefinition(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  const at = split(leaves.length);
  return nodeOf(rootByDefinition(leaves.slice(0, at)), rootByDefinition(leaves.slice(at)));
}

function pathTo(index: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  const at = split(leaves.length);
  if (index < at) return [...pathTo(index, leaves.slice(0, at)), rootByDefinition(leaves.slice(at))];
  return [...pathTo(index - at, leaves.slice(at)), rootByDefinition(leaves.slice(0, at))];
}

function consistencyFrom(size: number, leaves: readonly Hash[], isWhole = true): Hash[] {
  if (size === leaves.length) return isWhole ? [] : [rootByDefinition(leaves)];
  const at = split(leaves.length);
  if (size <= at) return [...consistencyFrom(size, leaves.slice(0, at), isWhole), rootByDefinition(leaves.slice(at))];
  return [...consistencyFrom(size - at, leaves.slice(at), false), rootByDefinition(leaves.slice(0, at))];
}

/** The recursive definition of what an inclusion proof shows, in sizes of any width; undefined where the proof has another length. */
function rootByPath(index: bigint, size: bigint, leaf: Hash, proof: readonly Hash[]): Hash | undefined {
  if (size === 1n) return proof.length === 0 ? leaf : undefined;
  const sibling = proof.at(-1);
  if (sibling === undefined) return undefined;
  let at = 1n;
  while (at * 2n < size) at *= 2n;
  const [inner, innerSize] = index < at ? [index, at] : [index - at, size - at];
  const below = rootByPath(inner, innerSize, leaf, proof.slice(0, -1));
  return below && (index < at ? nodeOf(below, sibling) : nodeOf(sibling, below));
}

function variantsOf(proof: readonly Hash[]): readonly Hash[][] {
  const variants: Hash[][] = [
    [...proof, sha256()],
    [sha256(), ...proof],
  ];
  proof.forEach((hash, at) => {
    variants.push(proof.toSpliced(at, 1), proof.toSpliced(at, 0, hash), proof.toSpliced(at, 1, changed(hash, (at * 37) % 256)));
    variants.push(proof.toSpliced(at, 1, hash.slice(0, 31)), proof.toSpliced(at, 1, Uint8Array.of(...hash, 0)));
    if (at > 0) variants.push(proof.toSpliced(at - 1, 2, hash, proof[at - 1]!));
  });
  return variants;
}

describe('rootOf', () => {
  it.each(vectors.roots.map((root, size) => [size, root] as const))('gives the public root of %i leaves', (size, root) =>
    expect(Buffer.from(rootOf(vectors.leaves.slice(0, size).map(leafHashOf))).toString('hex')).toBe(root),
  );

  it('is the recursive definition and the tree of the services at every size', () => {
    const leaves = leavesOf(130);
    for (let size = 0; size <= leaves.length; size++) {
      const root = rootOf(leaves.slice(0, size));
      expect(root).toEqual(rootByDefinition(leaves.slice(0, size)));
      if (size > 0) expect(root).toEqual(Uint8Array.from(new SmallTree(leaves.slice(0, size).map((leaf) => Buffer.from(leaf))).root()));
    }
  });
});

describe('verifyInclusion', () => {
  it('takes every proof of every leaf of every tree up to 40 leaves', () => {
    for (let size = 1; size <= 40; size++) {
      const leaves = leavesOf(size);
      const root = rootOf(leaves);
      leaves.forEach((leafHash, index) => {
        const proof = pathTo(index, leaves);
        expect(verifyInclusion({ index: BigInt(index), size: BigInt(size), leafHash, proof, root })).toBe(true);
      });
    }
  });

  it('[ATT-20] refuses another leaf, index, root, bit, length or order', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(255), (size, seed, bit) => {
        const leaves = leavesOf(size);
        const index = seed % size;
        const claim = {
          index: BigInt(index),
          size: BigInt(size),
          leafHash: leaves[index]!,
          proof: pathTo(index, leaves),
          root: rootOf(leaves),
        };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leafHash: changed(claim.leafHash, bit) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: changed(claim.root, bit) })).toBe(false);
        for (let other = 0; other < size; other++)
          if (other !== index) expect(verifyInclusion({ ...claim, index: BigInt(other) })).toBe(false);
        for (const proof of variantsOf(claim.proof)) expect(verifyInclusion({ ...claim, proof })).toBe(false);
      }),
    ));

  it('[ATT-20] follows the recursive definition where only the size is another: whoever states the size binds it', () => {
    for (let size = 1; size <= 40; size++) {
      const leaves = leavesOf(size);
      const root = rootOf(leaves);
      for (let index = 0; index < size; index++) {
        const proof = pathTo(index, leaves);
        for (const stated of [size - 1, size + 1, size * 2, size + 64].filter((other) => other > index)) {
          const claim = { index: BigInt(index), size: BigInt(stated), leafHash: leaves[index]!, proof };
          const shown = rootByPath(claim.index, claim.size, claim.leafHash, proof);
          expect(verifyInclusion({ ...claim, root })).toBe(shown !== undefined && Buffer.compare(shown, root) === 0);
          expect(verifyInclusion({ ...claim, root: rootOf(leavesOf(stated)) })).toBe(false);
        }
      }
    }
  });

  it('[ATT-33] counts in sizes around 2^32, 2^53, 2^63 and up to 2^64 - 1', () => {
    for (const size of [2n ** 32n - 1n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n + 5n, 2n ** 64n - 1n]) {
      for (const index of [0n, 1n, size / 2n, size / 3n, size - 2n, size - 1n]) {
        const leafHash = leafHashOf('aa');
        const length = Array.from({ length: 65 }, (_, hashes) => hashes).find((hashes) =>
          rootByPath(index, size, leafHash, leavesOf(hashes)),
        )!;
        const proof = leavesOf(length);
        const root = rootByPath(index, size, leafHash, proof)!;
        expect(verifyInclusion({ index, size, leafHash, proof, root })).toBe(true);
        expect(verifyInclusion({ index: index ^ 1n, size, leafHash, proof, root })).toBe(false);
        expect(verifyInclusion({ index: index ^ (1n << 53n), size, leafHash, proof, root })).toBe(false);
        expect(verifyInclusion({ index, size, leafHash, proof: proof.slice(1), root })).toBe(false);
      }
    }
  });

  it('refuses an index at or beyond the size', () => {
    const leafHash = leafHashOf('00');
    for (const [index, size] of [
      [0n, 0n],
      [1n, 1n],
      [2n, 1n],
      [2n ** 64n, 2n ** 64n - 1n],
      [0n, 2n ** 64n],
    ] as const)
      expect(verifyInclusion({ index, size, leafHash, proof: [], root: leafHash })).toBe(false);
  });

  it('[ATT-19] takes no inner node for a leaf', () => {
    const leaves = leavesOf(8);
    const inner = nodeOf(leaves[0]!, leaves[1]!);
    const short = pathTo(0, leaves).slice(1);
    expect(verifyInclusion({ index: 0n, size: 8n, leafHash: inner, proof: short, root: rootOf(leaves) })).toBe(false);
    const entryLikeNode = sha256(Uint8Array.of(0), leaves[0]!, leaves[1]!);
    expect(verifyInclusion({ index: 0n, size: 4n, leafHash: entryLikeNode, proof: short, root: rootOf(leaves) })).toBe(false);
  });
});

describe('verifyConsistency', () => {
  it('takes every pair of sizes up to 40', () => {
    const leaves = leavesOf(40);
    for (let size2 = 1; size2 <= 40; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) {
        const proof = consistencyFrom(size1, leaves.slice(0, size2));
        const [root1, root2] = [rootOf(leaves.slice(0, size1)), rootOf(leaves.slice(0, size2))];
        expect(verifyConsistency({ size1: BigInt(size1), size2: BigInt(size2), root1, root2, proof })).toBe(true);
      }
    }
  });

  it('[ATT-20] refuses another old size, root, bit, length or order', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(255), (size2, seed, bit) => {
        const leaves = leavesOf(size2);
        const size1 = (seed % size2) + 1;
        const [root1, root2] = [rootOf(leaves.slice(0, size1)), rootOf(leaves)];
        const claim = { size1: BigInt(size1), size2: BigInt(size2), root1, root2, proof: consistencyFrom(size1, leaves) };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, root1: changed(root1, bit) })).toBe(false);
        expect(verifyConsistency({ ...claim, root2: changed(root2, bit) })).toBe(false);
        for (let other = 1; other < size2; other++)
          if (other !== size1) expect(verifyConsistency({ ...claim, size1: BigInt(other) })).toBe(false);
        for (const proof of variantsOf(claim.proof)) expect(verifyConsistency({ ...claim, proof })).toBe(false);
      }),
    ));

  it('takes the longest proofs that there are', () => {
    const [size1, size2] = [20_000_001n, 4_611_686_020_574_871_557n];
    const { root1, root2, proof } = anyConsistency(size1, size2, 64);
    expect(verifyConsistency({ size1, size2, root1, root2, proof })).toBe(true);
    expect(verifyConsistency({ size1, size2, root1, root2, proof: proof.slice(0, -1) })).toBe(false);
  });

  it('refuses an old tree without leaves, and a larger one', () => {
    const root = rootOf(leavesOf(3));
    expect(verifyConsistency({ size1: 0n, size2: 3n, root1: sha256(), root2: root, proof: [] })).toBe(false);
    expect(verifyConsistency({ size1: 0n, size2: 0n, root1: sha256(), root2: sha256(), proof: [] })).toBe(false);
    expect(verifyConsistency({ size1: 4n, size2: 3n, root1: root, root2: root, proof: [] })).toBe(false);
    expect(verifyConsistency({ size1: 3n, size2: 3n, root1: root, root2: changed(root, 9), proof: [] })).toBe(false);
    expect(verifyConsistency({ size1: 3n, size2: 3n, root1: root, root2: root, proof: [root] })).toBe(false);
  });
});

describe('[ATT-33] what is no proof', () => {
  const junk: unknown[] = [
    undefined,
    null,
    1,
    -1n,
    2n ** 64n,
    1.5,
    '',
    'a',
    true,
    {},
    [],
    [1],
    [null],
    [[]],
    Symbol('x'),
    () => 1,
    new Uint8Array(31),
  ];
  const hash = leafHashOf('00');
  const inclusion: InclusionClaim = { index: 0n, size: 2n, leafHash: hash, proof: [hash], root: nodeOf(hash, hash) };
  const consistency: ConsistencyClaim = { size1: 1n, size2: 2n, root1: hash, root2: nodeOf(hash, hash), proof: [hash] };

  it('is false in every field, and never thrown', () => {
    expect([verifyInclusion(inclusion), verifyConsistency(consistency)]).toEqual([true, true]);
    for (const value of junk) {
      for (const field of Object.keys(inclusion)) expect(verifyInclusion({ ...inclusion, [field]: value })).toBe(false);
      for (const field of Object.keys(consistency)) expect(verifyConsistency({ ...consistency, [field]: value })).toBe(false);
      expect([verifyInclusion(value as never), verifyConsistency(value as never)]).toEqual([false, false]);
    }
  });

  it('is false with more hashes than any tree can need', () => {
    for (const length of [65, 66, 1000, 100_000]) {
      const proof = Array.from({ length }, () => hash);
      expect(verifyInclusion({ ...inclusion, size: 2n ** 64n - 1n, proof })).toBe(false);
      expect(verifyConsistency({ ...consistency, size2: 2n ** 64n - 1n, proof: [...proof, hash] })).toBe(false);
    }
  });

  it('is false where reading it throws', () => {
    const trap = {
      get proof(): never {
        throw new Error('read');
      },
    };
    expect([verifyInclusion(trap as never), verifyConsistency(trap as never)]).toEqual([false, false]);
  });
});

/** Roots that a proof of this length gives, by climbing as section 2.1.4.2 of RFC 9162 says. */
function anyConsistency(size1: bigint, size2: bigint, length: number) {
  const proof = leavesOf(length);
  let [fn, sn] = [size1 - 1n, size2 - 1n];
  while (fn & 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let [root1, root2] = [proof[0]!, proof[0]!];
  for (const hash of proof.slice(1)) {
    if (fn & 1n || fn === sn) {
      [root1, root2] = [nodeOf(hash, root1), nodeOf(hash, root2)];
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else root2 = nodeOf(root2, hash);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  expect(sn).toBe(0n);
  return { root1, root2, proof };
}
