import { describe, expect, it } from '@jest/globals';
import { MemoryTransactionStore } from '../../../services/chain/adapters/memory/memory.transaction-store.ts';
import { injected } from '../../support/injected.ts';
import { forEachInterleaving } from '../../support/interleavings.ts';
import { TwoSenders, type Verdict } from '../../support/two-senders.ts';

/** Either it failed and nothing was signed or set aside, or one transaction goes out and what it may cost is set aside. */
const outcomes = [
  { status: 'failed', signed: 0, sent: 0, reserved: 0 },
  { status: 'sending', signed: 1, sent: 1, reserved: 1 },
];

describe('two senders that each believe to be alone', () => {
  it.each<[Verdict, Verdict, string[]]>([
    ['sends', 'reverts', ['failed', 'sending']],
    ['reverts', 'reverts otherwise', ['failed']],
  ])('never say of what the other sends that it failed: one %s, one %s, in every order of their steps', async (one, other, statuses) => {
    const seen = new Set<string>();
    const orders = await forEachInterleaving(async (gates) => {
      const world = await TwoSenders.open(new MemoryTransactionStore());
      const runs = [world.advance(one, { port: gates[0] }), world.advance(other, { port: gates[1] })] as const;
      const end = async () => {
        const outcome = await world.outcome();
        expect(outcomes).toContainEqual(outcome);
        seen.add(outcome.status);
      };
      return { runs, end };
    });
    expect(orders).toBeGreaterThan(100);
    injected(orders);
    expect([...seen].toSorted()).toEqual(statuses);
  });
});
