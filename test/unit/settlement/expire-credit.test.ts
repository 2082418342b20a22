import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import type { CreditBook, ExpiredCredit } from '../../../services/settlement/application/credit/credit-book.ts';
import { CreditExpiries } from '../../../services/settlement/application/credit/credit-expiries.ts';
import { ExpireCredit, ExpireCreditHandler } from '../../../services/settlement/application/credit/expire-credit.handler.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { providerIdOf } from '../../../services/settlement/domain/chain-number.ts';
import { fail, finish } from '../../../services/settlement/domain/dispatch.decider.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { creditContract, holder, stranger } from './credit.fixtures.ts';
import { place } from './slot.fixtures.ts';

const now = '2027-03-01T00:00:00.000Z';
const hourLater = '2027-03-01T01:00:00.000Z';
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
const expire = (key: string, at = now) =>
  new ExpireCreditHandler(executionOn(store).executor, book, { now: () => at }).execute(new ExpireCredit(envelope(key)));
const written = async () => (await Array.fromAsync(store.readAll())).map(({ type, stream }) => `${type} ${stream}`);
const ordersOf = async () => (await written()).filter((each) => each.startsWith('CreditExpiryOrdered/'));
const ended = (id: string, how: 'done' | 'failed', ordered = 0) =>
  executionOn(store).executor.execute({
    ...{ aggregate: dispatch, stream: dispatchStream('demo', id), envelope: envelope(`${how} ${id} ${ordered}`) },
    decide: (state) =>
      how === 'failed'
        ? fail(state, { ordered: `${ordered}`, failure: { code: 'gas_above_ceiling' } })
        : finish(state, { ordered: `${ordered}`, tx: '0x1', block: { number: '9', hash: '0x2', time: now }, gas: '1', fee: '1' }),
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

  it('orders again neither what is under way nor what was done within the hour, and does order what failed', async () => {
    await expire('a');
    await ended(idOf(holder, 84), 'done');
    expect(await expire('b', '2027-03-01T00:59:59.999Z')).toEqual([idOf(holder, 84), idOf(stranger, 83)]);
    expect(await ordersOf()).toHaveLength(2);
    await ended(idOf(stranger, 83), 'failed');
    await expire('c');
    expect((await ordersOf()).slice(2)).toEqual([`CreditExpiryOrdered/1 demo.dispatch-${idOf(stranger, 83)}`]);
  });

  it('orders again what the books still show an hour behind a transaction that was to burn it, once', async () => {
    await expire('a');
    await ended(idOf(holder, 84), 'done');
    expect(await expire('b', hourLater)).toEqual([idOf(holder, 84), idOf(stranger, 83)]);
    await expire('c', hourLater);
    expect((await ordersOf()).slice(2)).toEqual([`CreditExpiryOrdered/1 demo.dispatch-${idOf(holder, 84)}`]);
    await ended(idOf(holder, 84), 'done', 2);
    over = [];
    await expire('d', '2027-03-01T02:00:00.000Z');
    expect(await ordersOf()).toHaveLength(3);
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
    times[0] = hourLater;
    await looking.round();
    expect(asked).toHaveLength(4);
    expect(await written()).toHaveLength(4);
  });

  it('goes on with the others where it fails for one provider, says so, and comes back to that one alone', async () => {
    let fault: Error | undefined = new Error('broken');
    const looking = lookAt([now], (command) => {
      if (fault !== undefined && command.envelope.provider === 'demo') return Promise.reject(fault);
      return handlerOf().execute(command);
    });
    await expect(looking.round()).rejects.toThrow("1 providers' credit could not be looked at; the first: Error: broken");
    expect(asked.map(([provider]) => provider)).toEqual(['other']);
    fault = undefined;
    await looking.round();
    expect(asked.map(([provider]) => provider)).toEqual(['other', 'demo']);
  });

  it('ends where the database is away, which would fail for everybody', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    await expect(
      lookAt([now], (command) => (command.envelope.provider === 'demo' ? Promise.reject(away) : handlerOf().execute(command))).round(),
    ).rejects.toBe(away);
    expect(asked).toEqual([]);
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
