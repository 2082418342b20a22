import { execFileSync, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SmallTree } from '../../../services/integrity/domain/tree/small-tree.ts';
import { type ConsistencyClaim, type InclusionClaim, rootOf, verifyConsistency, verifyInclusion } from '../../../verifier/merkle.ts';
import { consistencyVectors, inclusionVectors } from '../../support/merkle-vectors.ts';

/*
 * The peer is golang.org/x/mod/sumdb/tlog, which verifies Go's checksum database: another language, other authors. Where Go is not
 * installed the comparison is left out, and Jest says so.
 */

const hasGo = spawnSync('go', ['version']).status === 0;
const withGo = hasGo ? describe : describe.skip;
const seed = 20_260_115;
/** The peer's own arithmetic ends above: it looks for a power of two in 63 bits. */
const peerSizeMax = 2n ** 62n;

interface Answer {
  readonly roots: string[] | null;
  readonly inclusions: string[][] | null;
  readonly consistencies: string[][] | null;
  readonly inclusionVerdicts: boolean[] | null;
  readonly consistencyVerdicts: boolean[] | null;
}

function ask(request: object): Answer {
  const input = JSON.stringify(request, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  const cwd = join(import.meta.dirname, '..', '..', 'peers', 'tlog');
  return JSON.parse(execFileSync('go', ['run', '.'], { cwd, input, maxBuffer: 2 ** 28, encoding: 'utf8' })) as Answer;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const claimOf = ({ proof, ...claim }: InclusionClaim | ConsistencyClaim) => ({
  ...Object.fromEntries(Object.entries(claim).map(([key, value]) => [key, typeof value === 'bigint' ? value : base64(value)])),
  proof: proof.map(base64),
});

/** Trees of random records, smaller and larger than a tile. */
const trees = fc.sample(
  fc
    .tuple(fc.constantFrom(37, 300), fc.array(fc.uint8Array({ minLength: 0, maxLength: 70 }), { minLength: 300, maxLength: 300 }))
    .map(([size, records]) => records.slice(0, size)),
  { numRuns: 4, seed },
);
const places = (size: number) =>
  fc.sample(
    fc.integer({ min: 1, max: size }).chain((to) => fc.tuple(fc.nat({ max: to - 1 }), fc.constant(to))),
    { numRuns: 300, seed },
  );

/** The same claim, and what is left of it when something happens to it. */
function variants<Claim extends InclusionClaim | ConsistencyClaim>(claim: Claim, at: number): Claim[] {
  const { proof } = claim;
  const damaged = fc.sample(
    fc.constantFrom<readonly Uint8Array[]>(
      proof.slice(1),
      proof.slice(0, -1),
      proof.toReversed(),
      [...proof, Buffer.alloc(32, at)],
      proof.map((sibling, place) =>
        place === at % proof.length ? sibling.map((byte, offset) => (offset === 0 ? byte ^ 1 : byte)) : sibling,
      ),
    ),
    { numRuns: 2, seed: seed + at },
  );
  return [claim, ...damaged.map((other) => ({ ...claim, proof: other }))];
}

withGo('golang.org/x/mod/sumdb/tlog', () => {
  it.each(trees.map((records) => [records.length, records] as const))(
    'makes the roots and proofs of a random tree of %d records that the verifier accepts',
    (size, records) => {
      const leaves = records.map((record) => hash('sha256', Buffer.concat([Buffer.of(0), record]), 'buffer'));
      const inclusions = places(size).map(([index, to]) => ({ index: BigInt(index), size: BigInt(to) }));
      const consistencies = places(size).map(([from, to]) => ({ size1: BigInt(from + 1), size2: BigInt(to) }));
      const answer = ask({ records: records.map(base64), inclusions, consistencies });
      const root = (count: bigint): Buffer => bytesOf(answer.roots?.[Number(count) - 1] as string);
      for (const count of leaves.keys()) {
        expect(Buffer.from(rootOf(leaves.slice(0, count + 1)))).toEqual(root(BigInt(count + 1)));
        expect(new SmallTree(leaves.slice(0, count + 1)).root()).toEqual(root(BigInt(count + 1)));
      }
      for (const [at, claim] of inclusions.entries()) {
        const proof = answer.inclusions?.[at]?.map(bytesOf) as Buffer[];
        expect(verifyInclusion({ ...claim, leafHash: leaves[Number(claim.index)] as Buffer, root: root(claim.size), proof })).toBe(true);
        expect(new SmallTree(leaves.slice(0, Number(claim.size))).inclusionProof(Number(claim.index))).toEqual(proof);
      }
      for (const [at, claim] of consistencies.entries()) {
        const proof = answer.consistencies?.[at]?.map(bytesOf) as Buffer[];
        expect(verifyConsistency({ ...claim, root1: root(claim.size1), root2: root(claim.size2), proof })).toBe(true);
      }
    },
    120_000,
  );

  it.each(trees.map((records) => [records.length, records] as const))(
    'gives every claim about a random tree of %d records, right or damaged, the verdict of the verifier',
    (size, records) => {
      const leaves = records.map((record) => hash('sha256', Buffer.concat([Buffer.of(0), record]), 'buffer'));
      const root = (count: number) => rootOf(leaves.slice(0, count));
      const claims = places(size).flatMap(([index, to], at) => {
        const proof = new SmallTree(leaves.slice(0, to)).inclusionProof(index);
        const right = { index: BigInt(index), size: BigInt(to), leafHash: leaves[index] as Buffer, root: root(to), proof };
        return [...variants(right, at), { ...right, index: BigInt((index + 1) % to) }, { ...right, size: BigInt(to + 1) }];
      });
      const { inclusionVerdicts } = ask({ inclusionClaims: claims.map(claimOf) });
      expect(inclusionVerdicts).toEqual(claims.map((claim) => verifyInclusion(claim)));
      expect(new Set(inclusionVerdicts)).toEqual(new Set([true, false]));
    },
    120_000,
  );

  it('gives the common vectors, right or damaged, the verdict of the verifier, as far as its numbers reach', () => {
    const inclusionClaims = inclusionVectors.filter(({ size }) => size <= peerSizeMax).flatMap(variants);
    const consistencyClaims = consistencyVectors.filter(({ size2 }) => size2 <= peerSizeMax).flatMap(variants);
    const answer = ask({ inclusionClaims: inclusionClaims.map(claimOf), consistencyClaims: consistencyClaims.map(claimOf) });
    expect(answer.inclusionVerdicts).toEqual(inclusionClaims.map((claim) => verifyInclusion(claim)));
    expect(answer.consistencyVerdicts).toEqual(consistencyClaims.map((claim) => verifyConsistency(claim)));
    expect(answer.inclusionVerdicts?.filter((verdict) => verdict).length).toBeGreaterThanOrEqual(10);
    expect(answer.consistencyVerdicts?.filter((verdict) => verdict).length).toBeGreaterThanOrEqual(10);
  }, 120_000);
});

if (!hasGo) console.warn('Go is not installed: the comparison with golang.org/x/mod/sumdb/tlog was left out.');
