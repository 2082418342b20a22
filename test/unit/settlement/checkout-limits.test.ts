import { describe, expect, it } from '@jest/globals';
import { ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import { BudgetedNode } from '../../../services/settlement/adapters/chain/budgeted.node.ts';
import { Allowance } from '../../../services/settlement/application/checkout/allowance.ts';
import { type Ask, CheckoutAsks } from '../../../services/settlement/application/checkout/checkout-asks.ts';
import { CheckoutEvents, type Told } from '../../../services/settlement/application/checkout/checkout-events.ts';
import { checkoutLimitsDefault, TooManyAsksFault } from '../../../services/settlement/application/checkout/checkout-limits.ts';
import type { CheckoutView } from '../../../services/settlement/application/checkout/checkout-view.ts';
import type { SentTransaction } from '../../../services/settlement/application/checkout/payer-desk.ts';
import type { FollowedCheckout } from '../../../services/settlement/application/checkout/followers.ts';
import { type NamedTransaction, TransactionLookups } from '../../../services/settlement/application/checkout/transaction-lookups.ts';

const slot = { provider: 'demo', seq: '7' };
const other = { provider: 'demo', seq: '8' };
const mine = { ...slot, account: 'acc_1' };
const another = { ...other, account: 'acc_2' };
const tx = (number: number) => `0x${number.toString(16).padStart(64, '0')}`;
const seen = { from: `0x${'ab'.repeat(20)}`, nonce: '3', call: tx(0), height: '9' };

describe('an allowance', () => {
  it('is taken whole or not at all, key by key, and comes back evenly', () => {
    let now = 0;
    const allowance = new Allowance(60, () => now);
    expect(allowance.take('a', 50)).toBe(0);
    expect(allowance.take('a', 20)).toBe(10_000);
    expect(allowance.take('b', 60)).toBe(0);
    now = 10_000;
    expect(allowance.take('a', 20)).toBe(0);
    expect(allowance.take('a')).toBe(1_000);
    now = 600_000;
    expect([allowance.take('a', 60), allowance.take('a')]).toEqual([0, 1_000]);
  });
});

describe('what a link asks for', () => {
  it('is counted kind by kind, and quotes token by token, so that whoever asks after transactions keeps no payment from anybody', () => {
    let now = 0;
    const asks = new CheckoutAsks({ asksPerMinute: 90 }, () => now);
    const isAnswered = (ask: Ask, of?: string) => {
      try {
        asks.take(slot, ask, of);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(TooManyAsksFault);
        return false;
      }
    };
    for (now = 0; now <= 60_000; now += 250) for (const ask of ['transaction', 'wallet'] as const) while (isAnswered(ask));
    now = 60_000;
    while (isAnswered('quote', 'another token'));
    expect([isAnswered('transaction'), isAnswered('search'), isAnswered('wallet')]).toEqual([false, false, false]);
    expect(isAnswered('quote', 'another token')).toBe(false);
    for (const ask of ['quote', 'payment', 'relay', 'redemption'] as const) expect([ask, isAnswered(ask, 'token')]).toEqual([ask, true]);
  });
});

describe('a transaction that somebody names', () => {
  /** A desk that says what it was asked, and answers when it is told to. */
  function lookups(answer: (tx: string) => SentTransaction = () => ({ state: 'unknown' })) {
    const asked: string[] = [];
    const clock = { now: 0 };
    let running = 0;
    const asks = new CheckoutAsks({ asksPerMinute: 60 }, () => clock.now);
    const desk = {
      sent: async (_: string, hash: string) => {
        asked.push(hash);
        running++;
        expect(running).toBe(1);
        await Promise.resolve();
        running--;
        return answer(hash);
      },
      successor: (_: string, { from }: { readonly from: string }): Promise<SentTransaction> => {
        asked.push(`search ${from}`);
        return Promise.resolve({ state: 'replaced' });
      },
    };
    return { asked, clock, of: new TransactionLookups({ desk, asks, nowMs: () => clock.now }) };
  }

  it('is asked for once by all who ask at a time, and again when a moment has gone by', async () => {
    const { of, asked, clock } = lookups();
    await Promise.all([1, 2, 3].map(() => of.of(slot, '1', { tx: tx(1) })));
    await of.of(slot, '1', { tx: tx(1) });
    expect(asked).toEqual([tx(1)]);
    clock.now = 2_000;
    await of.of(slot, '1', { tx: tx(1) });
    expect(asked).toEqual([tx(1), tx(1)]);
  });

  it('waits until the one before it is found, so that a link asks one thing at a time', async () => {
    const { of, asked } = lookups();
    await Promise.all([1, 2, 3].map((number) => of.of(slot, '1', { tx: tx(number) })));
    expect(asked).toEqual([tx(1), tx(2), tx(3)]);
  });

  it('is asked for no more than the minute allows, however many are named, and other links are none the worse', async () => {
    const { of, asked, clock } = lookups();
    const told = await Promise.allSettled(Array.from({ length: 1_000 }, (_, number) => of.of(slot, '1', { tx: tx(number) })));
    expect(asked).toHaveLength(60);
    expect(told.filter(({ status }) => status === 'rejected')).toHaveLength(940);
    await expect(of.of(slot, '1', { tx: tx(5_000) })).rejects.toMatchObject({ name: 'TooManyAsksFault', retryAfterSeconds: 1 });
    await of.of(other, '1', { tx: tx(1) });
    clock.now = 1_000;
    await of.of(slot, '1', { tx: tx(5_000) });
    expect(asked).toHaveLength(62);
  });

  it('is searched for block by block a few times a minute only, and never when it is known', async () => {
    const { of, asked } = lookups((hash) => (hash === tx(1) ? { state: 'included', block: '1' } : { state: 'unknown' }));
    await of.of(slot, '1', { tx: tx(1), seen });
    expect(asked).toEqual([tx(1)]);
    const told = await Promise.allSettled(
      Array.from({ length: 40 }, (_, number) => of.of(slot, '1', { tx: tx(number + 2), seen: { ...seen, nonce: number.toString() } })),
    );
    expect(asked.filter((each) => each.startsWith('search'))).toHaveLength(1);
    expect(told.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is found again from the last answer, whatever height it was seen at', async () => {
    const { of, asked, clock } = lookups();
    await of.of(slot, '1', { tx: tx(1), seen });
    clock.now = 14_999;
    await of.of(slot, '1', { tx: tx(1), seen: { ...seen, height: '10' } });
    expect(asked).toEqual([tx(1), `search ${seen.from}`]);
  });
});

describe('the node that strangers make us ask', () => {
  it('is called no more often than the minute allows, chain by chain', async () => {
    let calls = 0;
    const node = { call: <Result>() => Promise.resolve(++calls as Result) };
    const allowance = new Allowance(100, () => 0);
    const [one, two] = ['1', '2'].map((chainId) => new BudgetedNode(node, chainId, allowance)) as [BudgetedNode, BudgetedNode];
    const asked = await Promise.allSettled(Array.from({ length: 500 }, () => one.call('eth_blockNumber')));
    expect([calls, asked.filter(({ status }) => status === 'rejected').length]).toEqual([100, 400]);
    await expect(one.call('eth_blockNumber')).rejects.toThrow(ChainUnavailableFault);
    expect(await two.call('eth_blockNumber')).toBe(101);
  });
});

describe('following a checkout', () => {
  type State = Pick<CheckoutView, 'state'>;
  const viewOf = (state: CheckoutView['state']) => ({ state }) as CheckoutView;

  function follow(
    view: (named: NamedTransaction | undefined) => Promise<CheckoutView | undefined> = () => Promise.resolve(viewOf('waiting')),
    options: Partial<ConstructorParameters<typeof CheckoutEvents>[0]> = {},
  ) {
    const checkouts = { view: (_: object, named?: NamedTransaction) => view(named) };
    const events = new CheckoutEvents({ checkouts, limits: checkoutLimitsDefault, lookEveryMs: 1, ...options });
    const open = (at: FollowedCheckout = mine, named?: NamedTransaction) => {
      const told: Told<State>[] = [];
      const ended = Promise.withResolvers<unknown>();
      const subscription = events
        .of(at, named, ({ state }) => ({ state }))
        .subscribe({ next: (each) => told.push(each), error: ended.resolve, complete: () => ended.resolve('ended') });
      return { told, ended: ended.promise, close: () => subscription.unsubscribe() };
    };
    return { events, open };
  }
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  it('is refused beyond what one link and all together may have, and possible again when one has gone', async () => {
    const { events, open } = follow(undefined, { limits: { followersMax: 4, followersPerLinkMax: 2 } });
    const first = open();
    open();
    expect(await open().ended).toBeInstanceOf(TooManyAsksFault);
    open(another);
    open({ ...another, seq: '9' });
    expect(await open({ ...another, seq: '10' }).ended).toMatchObject({ retryAfterSeconds: 10 });
    first.close();
    first.close();
    const again = open();
    await until(() => again.told.length > 0);
    expect(await open({ ...another, seq: '10' }).ended).toBeInstanceOf(TooManyAsksFault);
    events.onModuleDestroy();
    expect(await again.ended).toBe('ended');
    const late = open();
    expect([await late.ended, late.told.length]).toEqual(['ended', 1]);
  });

  it('cannot be kept from others by a customer that follows many checkouts, nor by a provider that has many customers', async () => {
    const { events, open } = follow(undefined, { limits: { followersMax: 6, followersPerLinkMax: 2 } });
    const greedy = ['20', '20', '21', '22', '23', '24'].map((seq) => open({ ...mine, seq }));
    const alone = open(another);
    // The first of the link that had the most went, and who came is told.
    expect(await greedy[0]!.ended).toBe('ended');
    await until(() => alone.told.length > 0);
    expect(await open({ ...mine, seq: '25' }).ended).toBeInstanceOf(TooManyAsksFault);
    // Another provider takes of the one that has six, as long as it has less than that one: in the end each has three.
    const elsewhere = ['1', '2', '3'].map((seq) => open({ provider: 'peer', account: 'acc_3', seq }));
    await until(() => elsewhere.every(({ told }) => told.length > 0));
    expect(await open({ provider: 'peer', account: 'acc_3', seq: '4' }).ended).toBeInstanceOf(TooManyAsksFault);
    expect(await Promise.all(greedy.slice(0, 4).map(({ ended }) => ended))).toEqual(['ended', 'ended', 'ended', 'ended']);
    // And its second customer takes of its first.
    const second = open({ provider: 'peer', account: 'acc_4', seq: '4' });
    expect(await elsewhere[0]!.ended).toBe('ended');
    await until(() => second.told.length > 0);
    events.onModuleDestroy();
  });

  it('begins with the state as the books have it, where the chain does not tell of the transaction', async () => {
    const { events, open } = follow((named) =>
      named === undefined ? Promise.resolve(viewOf('waiting')) : Promise.reject(new Error('away')),
    );
    const { told } = open(mine, { tx: tx(1) });
    await until(() => told.length > 0);
    expect(told).toEqual([{ type: 'checkout', data: { state: 'waiting' } }]);
    events.onModuleDestroy();
  });

  it('shows that the connection lives while nothing changes', async () => {
    const { events, open } = follow(undefined, { beatEveryMs: 0 });
    const { told } = open();
    await until(() => told.length > 2);
    expect(told.slice(0, 3)).toEqual([{ type: 'checkout', data: { state: 'waiting' } }, { comment: '' }, { comment: '' }]);
    events.onModuleDestroy();
  });

  it('ends with the final state', async () => {
    const states = ['waiting', 'waiting', 'confirming', 'settled'] as const;
    let look = 0;
    const { told, ended } = follow(() => Promise.resolve(viewOf(states[look++]!))).open();
    expect([await ended, told.map((each) => ('data' in each ? each.data.state : ''))]).toEqual([
      'ended',
      ['waiting', 'confirming', 'settled'],
    ]);
  });
});
