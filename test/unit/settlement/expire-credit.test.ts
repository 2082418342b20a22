import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import type { CreditBook, ExpiredCredit } from '../../../services/settlement/application/credit-book.ts';
import { CreditExpiries } from '../../../services/settlement/application/credit-expiries.ts';
import { ExpireCredit, ExpireCreditHandler } from '../../../services/settlement/application/expire-credit.handler.ts';
import { dispatchStream } from '../../../services/settlement/application/sending-streams.ts';
import { providerIdOf } from '../../../services/settlement/domain/chain-number.ts';
import { fail, finish } from '../../../services/settlement/domain/dispatch.decider.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { creditContract, holder, stranger } from './credit.fixtures.ts';
import { place } from './slot.fixtures.ts';

const now = '2027-03-01T00:00:00.000Z';
const token = { provider: 'demo', chainId: place.chainId, contract: creditContract, currency: 'EUR', decimals: 2 };
const idOf = (of: string, epoch: number) => `expire.${place.chainId}.${of}.${epoch}`;

let store: MemoryEventStore;
let over: ExpiredCredit[];
let asked: [string, string][];
beforeEach(() => {
  [store, asked] = [new MemoryEventStore(), []];
  over = [
    { ...token, holder, epoch: 84 },
    { ...token, holder: stranger, epoch: 83 },
  ];
});

/** What is over, as the read model found it. */
const book = {
  expired: (provider: string, at: string) => {
    asked.push([provider, at]);
    return Promise.resolve(over);
  },
} as Pick<CreditBook, 'expired'> as CreditBook;
const expire = (key: string) =>
  new ExpireCreditHandler(executionOn(store).executor, book, { now: () => now }).execute(new ExpireCredit(envelope(key)));
const written = async () => (await Array.fromAsync(store.readAll())).map(({ type, stream }) => `${type} ${stream}`);
const ended = (id: string, how: 'done' | 'failed') =>
  executionOn(store).executor.execute({
    ...{ aggregate: dispatch, stream: dispatchStream('demo', id), envelope: envelope(`${how} ${id}`) },
    decide: (state) =>
      how === 'failed'
        ? fail(state, { ordered: '0', failure: { code: 'gas_above_ceiling' } })
        : finish(state, { ordered: '0', tx: '0x1', block: { number: '9', hash: '0x2', time: now }, gas: '1', fee: '1' }),
  });

describe('burning what is over', () => {
  it('orders one transaction a holder, as of now, and answers them', async () => {
    expect(await expire('a')).toEqual([idOf(holder, 84), idOf(stranger, 83)]);
    expect(asked).toEqual([['demo', now]]);
    expect(await written()).toEqual([
      `CreditExpiryOrdered/1 demo.dispatch-${idOf(holder, 84)}`,
      `CreditExpiryOrdered/1 demo.dispatch-${idOf(stranger, 83)}`,
    ]);
    expect(await executionOn(store).executor.current(dispatch, dispatchStream('demo', idOf(holder, 84)), 'demo')).toMatchObject({
      order: { data: { chainId: place.chainId, contract: creditContract, providerId: providerIdOf('demo'), holder, epoch: '84' } },
    });
  });

  it('does nothing where nothing is over', async () => {
    over = [];
    expect([await expire('a'), await written()]).toEqual([[], []]);
  });

  it('orders again neither what is under way nor what is done, and does order what failed', async () => {
    await expire('a');
    await ended(idOf(holder, 84), 'done');
    expect(await expire('b')).toEqual([idOf(holder, 84), idOf(stranger, 83)]);
    expect((await written()).filter((each) => each.startsWith('CreditExpiryOrdered/'))).toHaveLength(2);
    await ended(idOf(stranger, 83), 'failed');
    await expire('c');
    const again = (await written()).filter((each) => each.startsWith('CreditExpiryOrdered/'));
    expect(again.slice(2)).toEqual([`CreditExpiryOrdered/1 demo.dispatch-${idOf(stranger, 83)}`]);
  });

  it('is a transaction of its own for a later month of the same holder', async () => {
    await expire('a');
    over = [{ ...token, holder, epoch: 85 }];
    expect(await expire('b')).toEqual([idOf(holder, 85)]);
    expect(await written()).toHaveLength(3);
  });
});

describe('the hourly look for credit that is over', () => {
  const handlerOf = () => new ExpireCreditHandler(executionOn(store).executor, book, { now: () => now });
  const lookAt = (times: readonly string[], execute: (command: ExpireCredit) => Promise<unknown>) => {
    const tokens = [token, { ...token, chainId: '1' }, { ...token, provider: 'other' }];
    const clock = { now: () => times[0] as string };
    return new CreditExpiries({ book: { tokens: () => Promise.resolve(tokens) }, commands: { execute } as unknown as CommandBus, clock });
  };

  it('has everything burnt for each provider that has credit, once an hour', async () => {
    const times = [now];
    const looking = lookAt(times, (command) => handlerOf().execute(command));
    await looking.round();
    expect(await written()).toHaveLength(4);
    await looking.round();
    expect(asked.map(([provider]) => provider)).toEqual(['demo', 'other']);
    times[0] = '2027-03-01T01:00:00.000Z';
    await looking.round();
    expect(asked).toHaveLength(4);
    expect(await written()).toHaveLength(4);
  });

  it('comes back within the hour where it could not ask', async () => {
    let isAway = true;
    const looking = lookAt([now], (command) => (isAway ? Promise.reject(new Error('away')) : handlerOf().execute(command)));
    await expect(looking.round()).rejects.toThrow('away');
    isAway = false;
    await looking.round();
    expect(await written()).toHaveLength(4);
  });
});
