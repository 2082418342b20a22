import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Contract, hexlify } from 'ethers';
import fc from 'fast-check';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  nodeHash,
  type RangeHash,
  rangesOf,
  syntheticRanges,
} from '../../../bench/support/reference-tree.ts';
import { ledgerAnchorAbi, ledgerAnchorBytecode } from '../../../contracts/generated/ledger-anchor.ts';
import { compile, compiled } from '../../support/compiled.ts';
import { type AnchorFixture, anchorFixture, hex, logId, send } from './ledger-anchor.fixture.ts';

interface Vectors {
  readonly leaves: readonly string[];
  readonly roots: readonly string[];
}

const vectors = JSON.parse(readFileSync(new URL('../../vectors/ct-reference.json', import.meta.url), 'utf8')) as Vectors;
let fixture: AnchorFixture;
let plain: Contract;
beforeAll(async () => {
  fixture = await anchorFixture();
  await compile();
  const { abi, bytecode } = await compiled('test/solidity/PlainMerkleTree.sol', 'PlainMerkleTree');
  plain = await fixture.deploy(abi, bytecode);
}, 120_000);
afterAll(() => fixture.chain.stop());

const leavesOf = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
const consistent = (m: bigint, r1: Uint8Array, n: bigint, r2: Uint8Array, proof: readonly Uint8Array[]): Promise<boolean> =>
  fixture.anchor.getFunction('verifyConsistency')(m, hexlify(r1), n, hexlify(r2), hex(proof)) as Promise<boolean>;
const included = (size: bigint, root: Uint8Array, leaf: Uint8Array, index: bigint, proof: readonly Uint8Array[]): Promise<boolean> =>
  plain.getFunction('libraryInclusion')(size, hexlify(root), hexlify(leaf), index, hex(proof)) as Promise<boolean>;
const flipped = (hash: Uint8Array, bit: number): Buffer => {
  const copy = Buffer.from(hash);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

describe('contracts/generated', () => {
  it('is what the compiler makes of the sources', async () => {
    const { abi, bytecode } = await compiled('contracts/LedgerAnchor.sol', 'LedgerAnchor');
    expect(ledgerAnchorAbi).toEqual(abi);
    expect(ledgerAnchorBytecode).toBe(bytecode);
  });
});

describe('the tree in Solidity', () => {
  it('agrees with the Certificate Transparency reference on every root, by proof from every smaller size', async () => {
    const range = rangesOf(vectors.leaves.map((leaf) => leafHash(Buffer.from(leaf, 'hex'))));
    for (let n = 1n; n <= 8n; n++) {
      const root = Buffer.from(vectors.roots[Number(n)]!, 'hex');
      expect(range(0n, n)).toEqual(root);
      for (let m = 1n; m < n; m++) {
        expect(await consistent(m, range(0n, m), n, root, consistencyProof(range, m, n))).toBe(true);
        const leaf = leafHash(Buffer.from(vectors.leaves[Number(m)]!, 'hex'));
        expect(await included(n, root, leaf, m, inclusionProof(range, m, n))).toBe(true);
      }
    }
  });

  it('hashes nodes as the language itself does', async () => {
    const [left, right] = [leafHash(Buffer.from('left')), leafHash(Buffer.from('right'))];
    const node = `0x${nodeHash(left, right).toString('hex')}`;
    expect(await plain.getFunction('libraryNode')(left, right)).toBe(node);
    expect(await plain.getFunction('plainNode')(left, right)).toBe(node);
  });

  it('gives the verdict of the plain version on right and wrong inclusion proofs', async () => {
    const leaves = leavesOf(70);
    const range = rangesOf(leaves);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat({ max: 5 }), fc.nat({ max: 255 }), async (n, at, damage, bit) => {
        const index = at % n;
        const root = range(0n, BigInt(n));
        let proof = inclusionProof(range, BigInt(index), BigInt(n));
        let leaf = leaves[index]!;
        if (damage === 1) leaf = flipped(leaf, bit);
        if (damage === 2) proof = proof.slice(1);
        if (damage === 3) proof = [...proof, leaf];
        if (damage === 4) proof = proof.toReversed();
        if (damage === 5) proof = proof.map((hash, place) => (place === bit % proof.length ? flipped(hash, bit) : hash));
        const verdict = await included(BigInt(n), root, leaf, BigInt(index), proof);
        expect(verdict).toBe(await plain.getFunction('plainInclusion')(n, root, leaf, index, hex(proof)));
        if (damage === 0) expect(verdict).toBe(true);
        if (damage === 1 || damage === 3) expect(verdict).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('accepts every consistency proof and refuses each with anything changed', async () => {
    const leaves = leavesOf(70);
    const range = rangesOf(leaves);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat({ max: 255 }), async (size, at, bit) => {
        const n = BigInt(size);
        const m = BigInt(1 + (at % (size - 1)));
        const [r1, r2, proof] = [range(0n, m), range(0n, n), consistencyProof(range, m, n)];
        expect(await consistent(m, r1, n, r2, proof)).toBe(true);
        expect(await consistent(m, flipped(r1, bit), n, r2, proof)).toBe(false);
        expect(await consistent(m, r1, n, flipped(r2, bit), proof)).toBe(false);
        expect(await consistent(m, r1, n, r2, [...proof, r1])).toBe(false);
        expect(await consistent(m, r1, n, r2, proof.slice(0, -1))).toBe(false);
        expect(await consistent(0n, r1, n, r2, proof)).toBe(false);
        const place = bit % proof.length;
        const damaged = proof.map((hash, index) => (index === place ? flipped(hash, bit) : hash));
        expect(await consistent(m, r1, n, r2, damaged)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('works around 2^32, 2^53 and 2^63, and with a proof of 64 hashes', async () => {
    const pairs: [bigint, bigint][] = [
      [2n ** 32n - 1n, 2n ** 32n + 1n],
      [2n ** 53n - 1n, 2n ** 53n + 3n],
      [2n ** 63n, 2n ** 63n + 1n],
      [2n ** 64n - 2n, 2n ** 64n - 1n],
      [20_000_001n, 4_611_686_020_574_871_557n],
    ];
    for (const [m, n] of pairs) {
      const range = syntheticRanges([m, n]);
      const proof = consistencyProof(range, m, n);
      expect([m, await consistent(m, range(0n, m), n, range(0n, n), proof)]).toEqual([m, true]);
      expect(await consistent(m, range(0n, m), n, flipped(range(0n, n), 7), proof)).toBe(false);
    }
    const [m, n] = pairs[4]!;
    expect(consistencyProof(syntheticRanges([m, n]), m, n)).toHaveLength(64);
  });

  it('[ATT-33] refuses proofs that are longer than any tree needs', async () => {
    const range: RangeHash = rangesOf(leavesOf(8));
    const long = Array.from({ length: 66 }, () => range(0n, 1n));
    expect(await consistent(3n, range(0n, 3n), 8n, range(0n, 8n), long)).toBe(false);
    expect(await included(8n, range(0n, 8n), range(0n, 1n), 0n, long.slice(0, 65))).toBe(false);
    expect(await included(8n, range(0n, 8n), range(0n, 1n), 8n, inclusionProof(range, 0n, 8n))).toBe(false);
  });

  it('checks inclusion against the latest anchor alone', async () => {
    const log = logId('inclusion');
    const leaves = leavesOf(9);
    const range = rangesOf(leaves);
    await send(fixture.anchor, fixture.admin, 'register', log, await fixture.publisher.getAddress());
    await send(fixture.anchor, fixture.publisher, 'anchor', log, 0, 9, hexlify(range(0n, 9n)), []);
    const check = fixture.anchor.getFunction('verifyInclusion');
    expect(await check(log, leaves[4], 4, hex(inclusionProof(range, 4n, 9n)))).toBe(true);
    expect(await check(log, leaves[5], 4, hex(inclusionProof(range, 4n, 9n)))).toBe(false);
    expect(await check(logId('nobody'), leaves[4], 4, hex(inclusionProof(range, 4n, 9n)))).toBe(false);
  });
});
