import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { consistencyProof, inclusionProof, leafHash, nodeHash, rangesOf, syntheticRanges } from '../../../bench/support/reference-tree.ts';
import { flipped, leavesOf, type MerkleTreeFixture, merkleTreeFixture } from './merkle-tree.fixture.ts';

interface Vectors {
  readonly leaves: readonly string[];
  readonly roots: readonly string[];
}

const vectors = JSON.parse(readFileSync(new URL('../../vectors/ct-reference.json', import.meta.url), 'utf8')) as Vectors;
const yes = { deployed: true, plain: true };
const no = { deployed: false, plain: false };

let fixture: MerkleTreeFixture;
beforeAll(async () => void (fixture = await merkleTreeFixture()), 120_000);
afterAll(() => fixture.chain.stop());

describe('the tree in Solidity', () => {
  it('agrees with the Certificate Transparency reference on every root, leaf and extension', async () => {
    const range = rangesOf(vectors.leaves.map((leaf) => leafHash(Buffer.from(leaf, 'hex'))));
    const rootOf = (size: bigint) => Buffer.from(vectors.roots[Number(size)] as string, 'hex');
    expect(range(0n, 0n)).toEqual(rootOf(0n));
    for (let n = 1n; n <= 8n; n++) {
      const root = rootOf(n);
      expect(range(0n, n)).toEqual(root);
      for (let index = 0n; index < n; index++) {
        const [leaf, proof] = [range(index, index + 1n), inclusionProof(range, index, n)];
        expect([n, index, await fixture.included({ size: n, root, leaf, index, proof })]).toEqual([n, index, yes]);
      }
      for (let m = 1n; m <= n; m++) {
        const claim = { m, r1: rootOf(m), n, r2: root, proof: consistencyProof(range, m, n) };
        expect([m, n, await fixture.consistent(claim)]).toEqual([m, n, yes]);
      }
    }
  });

  it('extends logs around 2^32, 2^53, 2^63 and up to the last size that exists', async () => {
    const pairs: [bigint, bigint][] = [
      ...[2n ** 32n, 2n ** 53n, 2n ** 63n].flatMap((power): [bigint, bigint][] => [
        [power - 1n, power],
        [power - 1n, power + 1n],
        [power, power + 3n],
        [power + 1n, power + 2n],
      ]),
      [1n, 2n ** 64n - 1n],
      [2n ** 64n - 2n, 2n ** 64n - 1n],
    ];
    for (const [m, n] of pairs) {
      const range = syntheticRanges([m, n]);
      const claim = { m, r1: range(0n, m), n, r2: range(0n, n), proof: consistencyProof(range, m, n) };
      expect([m, n, await fixture.consistent(claim)]).toEqual([m, n, yes]);
      expect([m, n, await fixture.consistent({ ...claim, r2: flipped(claim.r2, 7) })]).toEqual([m, n, no]);
      expect([m, n, await fixture.consistent({ ...claim, proof: claim.proof.slice(1) })]).toEqual([m, n, no]);
    }
  });

  it('takes a consistency proof of 64 hashes', async () => {
    const [m, n] = [20_000_001n, 4_611_686_020_574_871_557n];
    const range = syntheticRanges([m, n]);
    const claim = { m, r1: range(0n, m), n, r2: range(0n, n), proof: consistencyProof(range, m, n) };
    expect(claim.proof).toHaveLength(64);
    expect(await fixture.consistent(claim)).toEqual(yes);
    expect(await fixture.consistent({ ...claim, r2: flipped(claim.r2, 0) })).toEqual(no);
  });

  it('[ATT-33] finds leaves beyond 2^32, 2^53 and 2^63, at their own index alone', async () => {
    for (const size of [2n ** 32n + 5n, 2n ** 53n + 5n, 2n ** 63n + 5n, 2n ** 64n - 1n])
      for (const index of [0n, size - 6n, size - 5n, size - 1n]) {
        const range = syntheticRanges([index, index + 1n]);
        const [root, leaf, proof] = [range(0n, size), range(index, index + 1n), inclusionProof(range, index, size)];
        expect([size, index, await fixture.included({ size, root, leaf, index, proof })]).toEqual([size, index, yes]);
        const wrong = index ^ 1n;
        expect([size, wrong, await fixture.included({ size, root, leaf, index: wrong, proof })]).toEqual([size, wrong, no]);
      }
  });

  it('[ATT-33] refuses proofs that are longer than any tree needs', async () => {
    const range = rangesOf(leavesOf(8));
    const long = Array.from({ length: 66 }, () => range(0n, 1n));
    expect(await fixture.consistent({ m: 3n, r1: range(0n, 3n), n: 8n, r2: range(0n, 8n), proof: long })).toEqual(no);
    const claim = { size: 8n, root: range(0n, 8n), leaf: range(0n, 1n), index: 0n };
    expect(await fixture.included({ ...claim, proof: long.slice(0, 65) })).toEqual(no);
  });

  it('[ATT-19] refuses a proof that goes on above the root, even where it leads to the root that is claimed', async () => {
    const range = rangesOf(leavesOf(8));
    const beside = range(7n, 8n);
    for (const size of [1n, 2n, 5n, 7n])
      for (const above of [nodeHash(beside, range(0n, size)), nodeHash(range(0n, size), beside)]) {
        const proof = [...inclusionProof(range, 0n, size), beside];
        expect(await fixture.included({ size, root: above, leaf: range(0n, 1n), index: 0n, proof })).toEqual(no);
      }
    for (const [m, n] of [
      [1n, 2n],
      [2n, 5n],
      [3n, 7n],
    ] as const) {
      const proof = [...consistencyProof(range, m, n), beside];
      const [r1, r2] = [range(0n, m), nodeHash(beside, range(0n, n))];
      expect(await fixture.consistent({ m, r1: nodeHash(beside, r1), n, r2, proof })).toEqual(no);
      expect(await fixture.consistent({ m, r1, n, r2: nodeHash(range(0n, n), beside), proof })).toEqual(no);
    }
  });

  it('[ATT-19] takes neither an inner node for a leaf, nor an index outside the tree, nor anything in an empty one', async () => {
    const range = rangesOf(leavesOf(8));
    const root = range(0n, 8n);
    const node = range(0n, 2n);
    const proof = inclusionProof(range, 0n, 8n);
    expect(await fixture.included({ size: 8n, root, leaf: node, index: 0n, proof: proof.slice(1) })).toEqual(no);
    expect(await fixture.included({ size: 8n, root, leaf: range(0n, 1n), index: 8n, proof })).toEqual(no);
    expect(await fixture.included({ size: 0n, root, leaf: root, index: 0n, proof: [] })).toEqual(no);
  });
});
