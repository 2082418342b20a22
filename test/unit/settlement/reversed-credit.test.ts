import { beforeEach, describe, expect, it } from '@jest/globals';
import type { TransactionQueue } from '../../../services/chain/application/transaction-queue.ts';
import type { CreditTokens } from '../../../services/settlement/application/credit/credit-tokens.ts';
import { DispatchSender, type DispatchSenderOptions } from '../../../services/settlement/application/sending/dispatch-sender.ts';
import { PrepaidCreditProcess } from '../../../services/settlement/application/credit/prepaid-credit.process.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { reverse } from '../../../services/settlement/domain/settlement.decider.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { boughtBy, CreditWorld } from './credit-refund.fixtures.ts';
import { issueOrdered } from './credit.fixtures.ts';
import { place } from './slot.fixtures.ts';

let world: CreditWorld;
beforeEach(async () => {
  world = await CreditWorld.open({ isIssued: false });
});

const why = { reason: 'The chain went back.', effectiveAt: '2026-03-03T00:00:00.000Z' };
const reverseIt = () => world.act(settlement, settlementStream('demo', boughtBy), (state) => reverse(state, why));

/** What is next of a dispatch of which nothing was sent; answers what of it was tried out. */
async function advance(id: string): Promise<string[]> {
  const tried: string[] = [];
  const calls = { next: ({ type }: { readonly type: string }) => Promise.resolve(void tried.push(type)) };
  const options = { executor: world.executor(), calls, costs: { release: () => Promise.resolve() }, clock: { now: () => why.effectiveAt } };
  const giveUp = (_id: string, _subject: string, reason: string) => Promise.resolve({ state: 'given-up', reason });
  const queue = { find: () => Promise.resolve(undefined), giveUp, key: { address: '0x01' } } as unknown as TransactionQueue;
  const sender = new DispatchSender(options as unknown as DispatchSenderOptions);
  await sender.advance({ provider: 'demo', id }, { node: {} as never, chainId: place.chainId, queue });
  return tried;
}

describe('credit whose payment is not on the chain any more', () => {
  it('is tried out and sent while its payment is final', async () => {
    await world.write(dispatch, dispatchStream('demo', 'issue.8'), {
      type: 'CreditIssueOrdered/1',
      data: { ...issueOrdered, slot: '8', settlement: boughtBy },
    });
    expect(await advance('issue.8')).toEqual(['CreditIssueOrdered/1']);
  });

  it('is not sent any more, though it was ordered', async () => {
    await world.write(dispatch, dispatchStream('demo', 'issue.8'), {
      type: 'CreditIssueOrdered/1',
      data: { ...issueOrdered, slot: '8', settlement: boughtBy },
    });
    await reverseIt();
    expect(await advance('issue.8')).toEqual([]);
    expect(await world.typed('DispatchFailed/1')).toMatchObject([{ fin: { failure: { code: 'payment_reversed' } } }]);
  });

  it('is not ordered, where that was behind', async () => {
    await reverseIt();
    const asked: string[] = [];
    const tokens = { of: (provider: string) => Promise.resolve(void asked.push(provider)) } as unknown as CreditTokens;
    const process = new PrepaidCreditProcess({ executor: world.executor(), tokens });
    await process.project(await world.typed('SettlementCredited/1'));
    expect(asked).toEqual([]);
    expect(await world.typed('CreditIssueOrdered/1')).toHaveLength(1);
  });
});
