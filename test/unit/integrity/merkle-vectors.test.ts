import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { consistencyShape, inclusionShape, type LeafRange } from '../../../services/integrity/domain/tree/proof-shape.ts';
import { tileWidth } from '../../../services/integrity/domain/tree/tile-address.ts';
import { rootsFromTiles, type TileKey, tilesUnder } from '../../../services/integrity/domain/tree/tile-hashes.ts';
import { verifyConsistency, verifyInclusion } from '../../../verifier/merkle.ts';
import { consistencyVectors, inclusionVectors } from '../../support/merkle-vectors.ts';

/** A tile as a log of any size would hold it: the hashes are made up as test/vectors/merkle-proofs.json says. */
function madeUpTile({ level, index }: TileKey) {
  const first = index * BigInt(tileWidth);
  const hashes = Array.from({ length: tileWidth }, (_, place) => hash('sha256', `tile ${level} ${first + BigInt(place)}`, 'buffer'));
  return { level, index, hashes: Buffer.concat(hashes) };
}

const provenBy = (ranges: readonly LeafRange[]): Buffer[] => rootsFromTiles(ranges, tilesUnder(ranges).map(madeUpTile));
const flipped = (bytes: Uint8Array, bit: number): Uint8Array => bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

/** What must be refused in the place of a proof: a bit flipped, a hash cut, doubled, swapped or added, and more than any tree needs. */
function damaged(proof: readonly Uint8Array[]): Uint8Array[][] {
  const last = proof.length - 1;
  const first = proof[0] ?? Buffer.alloc(32);
  return [
    ...proof.map((sibling, at) => proof.with(at, flipped(sibling, at % 256))),
    ...proof.map((_, at) => proof.toSpliced(at, 1)),
    ...proof.map((sibling, at) => proof.toSpliced(at, 0, sibling)),
    ...proof.slice(1).map((sibling, at) => proof.with(at, sibling).with(at + 1, proof[at] as Uint8Array)),
    [...proof, first],
    Array.from({ length: 66 }, () => first),
    ...(last >= 0 ? [proof.with(last, (proof[last] as Uint8Array).subarray(1))] : []),
  ];
}

describe('the vectors of inclusion', () => {
  it.each(inclusionVectors)('are what the ledger proves of leaf $index among $size, and what the verifier accepts', (claim) => {
    expect(provenBy(inclusionShape(claim.index, claim.size))).toEqual(claim.proof);
    expect(verifyInclusion(claim)).toBe(true);
  });

  it.each(inclusionVectors)('are refused of leaf $index among $size with anything changed', (claim) => {
    for (const proof of damaged(claim.proof)) expect(verifyInclusion({ ...claim, proof })).toBe(false);
    expect(verifyInclusion({ ...claim, index: claim.index ^ 1n })).toBe(false);
    expect(verifyInclusion({ ...claim, index: claim.index + (1n << 32n) })).toBe(false);
    expect(verifyInclusion({ ...claim, leafHash: flipped(claim.leafHash, 255) })).toBe(false);
    expect(verifyInclusion({ ...claim, root: flipped(claim.root, 0) })).toBe(false);
  });
});

describe('the vectors of consistency', () => {
  it.each(consistencyVectors)('are what the ledger proves from $size1 to $size2 leaves, and what the verifier accepts', (claim) => {
    expect(provenBy(consistencyShape(claim.size1, claim.size2))).toEqual(claim.proof);
    expect(verifyConsistency(claim)).toBe(true);
  });

  it.each(consistencyVectors)('are refused from $size1 to $size2 leaves with anything changed', (claim) => {
    for (const proof of damaged(claim.proof)) expect(verifyConsistency({ ...claim, proof })).toBe(false);
    expect(verifyConsistency({ ...claim, size1: claim.size1 + 1n })).toBe(false);
    expect(verifyConsistency({ ...claim, size1: claim.size1 + (1n << 53n) })).toBe(false);
    expect(verifyConsistency({ ...claim, root1: flipped(claim.root1, 255) })).toBe(false);
    expect(verifyConsistency({ ...claim, root2: flipped(claim.root2, 0) })).toBe(false);
  });
});
