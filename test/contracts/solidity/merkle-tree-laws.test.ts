import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consistencyProof, inclusionProof, rangesOf } from '../../../bench/support/reference-tree.ts';
import { type Consistency, flipped, type Inclusion, leavesOf, type MerkleTreeFixture, merkleTreeFixture } from './merkle-tree.fixture.ts';
import { consistencyVerdict, inclusionVerdict } from './recursive-verdict.ts';

const sizeMax = 70;
const leaves = leavesOf(sizeMax + 1);
const range = rangesOf(leaves);

let fixture: MerkleTreeFixture;
beforeAll(async () => void (fixture = await merkleTreeFixture()), 120_000);
afterAll(() => fixture.chain.stop());

/** Where damage is done: three numbers that each kind of damage takes modulo what it needs. */
type Spot = readonly [number, number, number];
const spots = fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 255 }));

/** What can be done to the hashes of a proof. Answers undefined where the proof is too short for it. */
const damagedProofs = {
  'a bit of a hash changed': (proof, [at, , bit]) =>
    proof.length > 0 ? proof.map((hash, place) => (place === at % proof.length ? flipped(hash, bit) : hash)) : undefined,
  'a hash cut': (proof, [at]) => (proof.length > 0 ? proof.toSpliced(at % proof.length, 1) : undefined),
  'a hash doubled': (proof, [at]) => {
    const place = at % proof.length;
    return proof.length > 0 ? proof.toSpliced(place, 0, proof[place] as Buffer) : undefined;
  },
  'two hashes swapped': (proof, [at, other]) => {
    const [first, second] = [at % proof.length, other % proof.length];
    if (proof.length < 2 || first === second) return undefined;
    return proof.with(first, proof[second] as Buffer).with(second, proof[first] as Buffer);
  },
  'a hash added': (proof, [at, , bit]) => proof.toSpliced(at % (proof.length + 1), 0, flipped(range(0n, 1n), bit)),
} satisfies Record<string, (proof: readonly Buffer[], spot: Spot) => readonly Buffer[] | undefined>;

/** Another number below `end`. */
const another = (value: bigint, end: number, by: number): bigint => (value + 1n + BigInt(by % (end - 1))) % BigInt(end);

const inclusions: fc.Arbitrary<Inclusion> = fc.tuple(fc.integer({ min: 1, max: sizeMax }), fc.nat()).map(([size, at]) => {
  const [n, index] = [BigInt(size), BigInt(at % size)];
  return { size: n, root: range(0n, n), leaf: range(index, index + 1n), index, proof: inclusionProof(range, index, n) };
});

const consistencies: fc.Arbitrary<Consistency> = fc.tuple(fc.integer({ min: 2, max: sizeMax }), fc.nat()).map(([size, at]) => {
  const [m, n] = [BigInt(1 + (at % (size - 1))), BigInt(size)];
  return { m, r1: range(0n, m), n, r2: range(0n, n), proof: consistencyProof(range, m, n) };
});

/** Each must be refused: they leave the size alone, or change it together with its root. */
const damagedInclusions: Record<string, (claim: Inclusion, spot: Spot) => Partial<Inclusion> | undefined> = {
  ...ofProof(damagedProofs),
  'another leaf': ({ leaf }, [, , bit]) => ({ leaf: flipped(leaf, bit) }),
  'another index': ({ index }, [at]) => ({ index: another(index, sizeMax, at) }),
  'another root': ({ root }, [, , bit]) => ({ root: flipped(root, bit) }),
  'another size with its root': ({ size }, [at]) => withRoot(another(size, sizeMax + 1, at), (n, root) => ({ size: n, root })),
};

const damagedConsistencies: Record<string, (claim: Consistency, spot: Spot) => Partial<Consistency> | undefined> = {
  ...ofProof(damagedProofs),
  'another old root': ({ r1 }, [, , bit]) => ({ r1: flipped(r1, bit) }),
  'another new root': ({ r2 }, [, , bit]) => ({ r2: flipped(r2, bit) }),
  'another old size': ({ m }, [at]) => ({ m: another(m, sizeMax + 1, at) }),
  'another new size with its root': ({ n }, [at]) => withRoot(another(n, sizeMax + 1, at), (size, root) => ({ n: size, r2: root })),
};

type DamageOfProof = (claim: { readonly proof: readonly Buffer[] }, spot: Spot) => { readonly proof: readonly Buffer[] } | undefined;

function ofProof(damages: typeof damagedProofs): Record<string, DamageOfProof> {
  const entries = Object.entries(damages).map(([name, damage]): [string, DamageOfProof] => [
    name,
    ({ proof }, spot) => {
      const damaged = damage(proof, spot);
      return damaged && { proof: damaged };
    },
  ]);
  return Object.fromEntries(entries);
}

function withRoot<Change>(size: bigint, change: (size: bigint, root: Buffer) => Change): Change | undefined {
  return size === 0n ? undefined : change(size, range(0n, size));
}

const recursiveInclusion = ({ size, root, leaf, index, proof }: Inclusion) => inclusionVerdict(size, root, leaf, index, proof);
const recursiveConsistency = ({ m, r1, n, r2, proof }: Consistency) => consistencyVerdict(m, r1, n, r2, proof);
const everywhere = (verdict: boolean) => ({ deployed: verdict, plain: verdict });

describe('an inclusion proof', () => {
  it('is accepted as the recursive definition gives it', () =>
    fc.assert(
      fc.asyncProperty(inclusions, async (claim) => expect(await fixture.included(claim)).toEqual(everywhere(true))),
      { numRuns: 60 },
    ));

  it.each(Object.keys(damagedInclusions))('is refused with %s', (name) =>
    fc.assert(
      fc.asyncProperty(inclusions, spots, async (claim, spot) => {
        const damage = damagedInclusions[name]?.(claim, spot);
        fc.pre(damage !== undefined);
        const damaged = { ...claim, ...damage };
        expect(recursiveInclusion(damaged)).toBe(false);
        expect(await fixture.included(damaged)).toEqual(everywhere(false));
      }),
      { numRuns: 30 },
    ),
  );

  it('gets the verdict of the recursive definition when the size alone changes, which it does not bind', async () => {
    const verdicts = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(inclusions, fc.integer({ min: -2, max: 2 }), async (claim, by) => {
        const size = claim.size + BigInt(by);
        fc.pre(size >= 0n && by !== 0);
        const verdict = recursiveInclusion({ ...claim, size });
        verdicts.add(verdict);
        expect(await fixture.included({ ...claim, size })).toEqual(everywhere(verdict));
      }),
      { numRuns: 80 },
    );
    expect(verdicts).toEqual(new Set([true, false]));
  });

  it('gets one verdict from the deployed code, the plain oracle and the recursive definition, whatever it holds', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 40 }),
        fc.nat({ max: 40 }),
        fc.array(fc.nat({ max: 9 }), { maxLength: 8 }),
        async (size, index, picks) => {
          const proof = picks.map((pick) => leaves[pick] as Buffer);
          const claim = { size: BigInt(size), root: range(0n, 3n), leaf: range(0n, 1n), index: BigInt(index), proof };
          expect(await fixture.included(claim)).toEqual(everywhere(recursiveInclusion(claim)));
        },
      ),
      { numRuns: 60 },
    ));
});

describe('a consistency proof', () => {
  it('is accepted as the recursive definition gives it', () =>
    fc.assert(
      fc.asyncProperty(consistencies, async (claim) => expect(await fixture.consistent(claim)).toEqual(everywhere(true))),
      { numRuns: 60 },
    ));

  it.each(Object.keys(damagedConsistencies))('is refused with %s', (name) =>
    fc.assert(
      fc.asyncProperty(consistencies, spots, async (claim, spot) => {
        const damage = damagedConsistencies[name]?.(claim, spot);
        fc.pre(damage !== undefined);
        const damaged = { ...claim, ...damage };
        expect(recursiveConsistency(damaged)).toBe(false);
        expect(await fixture.consistent(damaged)).toEqual(everywhere(false));
      }),
      { numRuns: 30 },
    ),
  );

  it('gets the verdict of the recursive definition when the new size alone changes, which it does not bind', async () => {
    const verdicts = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(consistencies, fc.integer({ min: -2, max: 2 }), async (claim, by) => {
        const n = claim.n + BigInt(by);
        fc.pre(n >= 0n && by !== 0);
        const verdict = recursiveConsistency({ ...claim, n });
        verdicts.add(verdict);
        expect(await fixture.consistent({ ...claim, n })).toEqual(everywhere(verdict));
      }),
      { numRuns: 80 },
    );
    expect(verdicts).toEqual(new Set([true, false]));
  });

  it('gets one verdict from the deployed code, the plain oracle and the recursive definition, whatever it holds', () =>
    fc.assert(
      fc.asyncProperty(fc.nat({ max: 40 }), fc.nat({ max: 40 }), fc.array(fc.nat({ max: 9 }), { maxLength: 8 }), async (m, n, picks) => {
        const proof = picks.map((pick) => leaves[pick] as Buffer);
        const claim = { m: BigInt(m), r1: range(0n, 1n), n: BigInt(n), r2: range(0n, 3n), proof };
        expect(await fixture.consistent(claim)).toEqual(everywhere(recursiveConsistency(claim)));
      }),
      { numRuns: 60 },
    ));

  it('is empty between equal sizes, whose roots must be equal', async () => {
    const [r1, other] = [range(0n, 5n), range(0n, 6n)];
    expect(await fixture.consistent({ m: 5n, r1, n: 5n, r2: r1, proof: [] })).toEqual(everywhere(true));
    expect(await fixture.consistent({ m: 5n, r1, n: 5n, r2: other, proof: [] })).toEqual(everywhere(false));
    expect(await fixture.consistent({ m: 5n, r1, n: 5n, r2: r1, proof: [r1] })).toEqual(everywhere(false));
  });

  it('does not exist from size 0', async () => {
    const [empty, r2] = [range(0n, 0n), range(0n, 5n)];
    expect(await fixture.consistent({ m: 0n, r1: empty, n: 5n, r2, proof: [] })).toEqual(everywhere(false));
    expect(await fixture.consistent({ m: 0n, r1: empty, n: 0n, r2: empty, proof: [] })).toEqual(everywhere(false));
  });
});
