import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type HDNodeWallet, Wallet } from 'ethers';
import type { Pool } from 'pg';
import { MemoryTransactionStore } from '../../../services/chain/adapters/memory/memory.transaction-store.ts';
import { PostgresTransactionStore } from '../../../services/chain/adapters/postgres/postgres.transaction-store.ts';
import { JsonRpc } from '../../../services/chain/adapters/rpc/json-rpc.ts';
import { ChainRefusedFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { currentFees } from '../../../services/chain/application/fees.ts';
import { TransactionQueue } from '../../../services/chain/application/transaction-queue.ts';
import type { TransactionStore } from '../../../services/chain/application/transaction-store.ts';
import type { QueuedTransaction } from '../../../services/chain/application/transaction.ts';
import { type Clock, systemClock } from '../../../services/commands/application/clock.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { injected } from '../../support/injected.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { TwoSenders, type Verdict } from '../../support/two-senders.ts';

const nobody = `0x${'11'.repeat(20)}`;
const transfer = { to: nobody, data: '0x', value: 1n };
const key = (wallet: { readonly address: string }) => ({ chainId: '31337', address: wallet.address });

let anvil: Anvil;
let database: TestDatabase;
let pool: Pool;
let wallet: HDNodeWallet;

beforeAll(async () => {
  anvil = await startAnvil();
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
  await anvil.stop();
});

beforeEach(() => {
  wallet = Wallet.createRandom();
});

afterEach(() => anvil.rpc.call('evm_setAutomine', true));

const stores = [
  ['in Postgres', () => new PostgresTransactionStore(pool)],
  ['in memory', () => new MemoryTransactionStore()],
] as const;

describe.each(stores)('a queue of transactions, kept %s', (_, openStore) => {
  let store: TransactionStore;

  beforeEach(() => {
    store = openStore();
  });

  /** As another process would hold it. */
  function queueOf(
    options: {
      node?: ChainNode;
      replaceAfterMs?: number;
      resendAfterMs?: number;
      feePerGasMax?: bigint;
      finality?: number;
      clock?: Clock;
    } = {},
  ): TransactionQueue {
    const { node = anvil.rpc, replaceAfterMs = 60_000, resendAfterMs = 60_000, feePerGasMax, finality, clock = systemClock } = options;
    const patience = { replaceAfterMs, resendAfterMs };
    return new TransactionQueue({ node, chainId: '31337', signer: wallet, store, clock, ...patience, feePerGasMax, finality });
  }

  async function untilSettled(queue: TransactionQueue): Promise<void> {
    for (let round = 0; round < 50; round++) {
      await anvil.mine(1);
      if ((await queue.tend()).length === 0) return;
    }
    throw new Error('Something is not final after 50 blocks.');
  }

  async function signed(id: string): Promise<QueuedTransaction> {
    const known = await store.find(id);
    if (known === undefined || known.state === 'given-up') throw new Error(`Nothing is signed under ${id}.`);
    return known;
  }

  async function lastNonce(): Promise<bigint> {
    return BigInt(await anvil.rpc.call<string>('eth_getTransactionCount', wallet.address, 'latest')) - 1n;
  }

  it('gives each nonce away once, to however many processes that ask at once', async () => {
    const queues = [queueOf(), queueOf(), queueOf()];
    const kept = await Promise.all(queues.flatMap((queue, at) => [1, 2, 3, 4].map((number) => queue.keep(`${at}.${number}`, transfer))));
    const nonces = kept.map(({ nonce }) => nonce).toSorted((left, right) => Number(left - right));
    expect(nonces).toEqual(Array.from({ length: 12 }, (__, at) => BigInt(at)));
    // Nothing was sent yet: a process that starts anew sends what it finds.
    expect(await lastNonce()).toBe(-1n);
    await untilSettled(queueOf());
    expect(await lastNonce()).toBe(11n);
    expect(await store.lastFinal(key(wallet))).toMatchObject({ nonce: 11n, state: 'final', place: { outcome: 'succeeded' } });
  });

  it('sends the same bytes again after a lost answer, and takes effect once', async () => {
    let lost = 0;
    const deaf = new JsonRpc(anvil.url, async (url, init) => {
      const response = await fetch(url, init);
      if (!(init?.body as string).includes('eth_sendRawTransaction')) return response;
      lost++;
      throw new TypeError('The connection was reset.');
    });
    const queue = queueOf({ node: deaf });
    const kept = await queue.keep('once', transfer);
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(queue.send(kept)).rejects.toMatchObject({ name: 'ChainUnavailableFault', retryable: true });
    expect(lost).toBe(3);
    await untilSettled(queueOf());
    expect(await lastNonce()).toBe(0n);
    expect((await signed(kept.id)).attempts).toHaveLength(1);
  });

  it('sends again what a reorganisation undid, in the order of its nonces', async () => {
    const queue = queueOf();
    const kept: QueuedTransaction[] = [];
    for (const subject of ['first', 'second']) {
      kept.push(await queue.keep(subject, transfer));
      await queue.send(kept.at(-1)!);
    }
    expect((await queue.tend()).map(({ state }) => state)).toEqual(['mined', 'mined']);
    await anvil.undo(2);
    expect(await lastNonce()).toBe(-1n);
    expect(await queue.tend()).toMatchObject([
      { state: 'signed', place: undefined },
      { state: 'signed', place: undefined },
    ]);
    await untilSettled(queue);
    expect(await lastNonce()).toBe(1n);
    for (const { id } of kept) expect((await signed(id)).attempts).toHaveLength(1);
  });

  it('counts blocks where the nodes of a chain know no tag for what is final', async () => {
    const node: ChainNode = {
      call: (method, ...params) => {
        if (params[0] === 'finalized') throw new ChainRefusedFault(method, 'unknown block tag', undefined);
        return anvil.rpc.call(method, ...params);
      },
    };
    const queue = queueOf({ node, finality: 5 });
    const kept = await queue.keep('once', transfer);
    await queue.send(kept);
    await anvil.mine(4);
    expect(await queue.tend()).toMatchObject([{ state: 'mined' }]);
    await anvil.mine(1);
    expect(await queue.tend()).toEqual([]);
    expect(await store.find(kept.id)).toMatchObject({ state: 'final' });
  });

  it('outbids what is stuck, under the same nonce, until a block takes one of them', async () => {
    await anvil.rpc.call('evm_setAutomine', false);
    const queue = queueOf({ replaceAfterMs: 0 });
    const kept = await queue.keep('stuck', transfer);
    await queue.send(kept);
    for (let attempt = 0; attempt < 3; attempt++) await queue.tend();
    const { attempts } = await signed(kept.id);
    expect(attempts).toHaveLength(4);
    for (const [at, { feePerGasMax, tipPerGas }] of attempts.entries()) {
      const before = attempts[at - 1];
      if (before === undefined) continue;
      expect(feePerGasMax * 1000n).toBeGreaterThanOrEqual(before.feePerGasMax * 1125n);
      expect(tipPerGas * 1000n).toBeGreaterThanOrEqual(before.tipPerGas * 1125n);
    }
    await anvil.rpc.call('evm_setAutomine', true);
    await untilSettled(queueOf());
    expect(await lastNonce()).toBe(0n);
    expect(await store.find(kept.id)).toMatchObject({ state: 'final', place: { tx: attempts.at(-1)!.tx, outcome: 'succeeded' } });
  });

  it('outbids what is stuck, and sends again, by a clock that was ahead and has been set back, once', async () => {
    await anvil.rpc.call('evm_setAutomine', false);
    let now = '2099-01-01T00:00:00.000Z';
    let sent = 0;
    const node: ChainNode = {
      call: (method, ...params) => {
        if (method === 'eth_sendRawTransaction') sent++;
        return anvil.rpc.call(method, ...params);
      },
    };
    const queue = queueOf({ node, clock: { now: () => now } });
    const kept = await queue.keep('stuck', transfer);
    await queue.send(kept);
    now = '2026-03-01T00:00:00.000Z';
    for (let looks = 0; looks < 2; looks++) await queue.tend();
    expect([(await signed(kept.id)).attempts.length, sent]).toEqual([2, 2]);
    now = '2099-01-01T00:00:00.000Z';
    await queue.send(await signed(kept.id));
    now = '2026-03-01T00:00:01.000Z';
    for (let looks = 0; looks < 2; looks++) await queue.tend();
    expect([(await signed(kept.id)).attempts.length, sent]).toEqual([2, 4]);
    await anvil.rpc.call('evm_setAutomine', true);
    await untilSettled(queueOf());
    expect(await lastNonce()).toBe(0n);
  });

  it('lets two processes outbid at once: one of them does', async () => {
    await anvil.rpc.call('evm_setAutomine', false);
    const [first, second] = [queueOf({ replaceAfterMs: 200 }), queueOf({ replaceAfterMs: 200 })];
    const kept = await first.keep('stuck', transfer);
    await first.send(kept);
    await sleep(250);
    await Promise.all([first.tend(), second.tend()]);
    expect((await signed(kept.id)).attempts).toHaveLength(2);
  });

  it('brings what is wanted by now, where a transaction is stuck', async () => {
    await anvil.rpc.call('evm_setAutomine', false);
    const queue = queueOf({ replaceAfterMs: 0 });
    const kept = await queue.keep('old', transfer);
    await queue.tend({ renew: () => Promise.resolve({ subject: 'new', call: { ...transfer, value: 7n } }) });
    await anvil.rpc.call('evm_setAutomine', true);
    await untilSettled(queue);
    expect(await store.find(kept.id)).toMatchObject({ subject: 'new', state: 'final' });
    const { tx } = (await signed(kept.id)).place!;
    expect(BigInt((await anvil.rpc.call<{ value: string }>('eth_getTransactionByHash', tx)).value)).toBe(7n);
  });

  it('frees the nonce of a transaction that nobody wants any more', async () => {
    await anvil.rpc.call('evm_setAutomine', false);
    const queue = queueOf();
    const [kept, behind] = [await queue.keep('unwanted', transfer), await queue.keep('wanted', { ...transfer, to: wallet.address })];
    for (const transaction of [kept, behind]) await queue.send(transaction);
    const before = await anvil.rpc.call<string>('eth_getBalance', nobody, 'latest');
    await queue.cancel(kept.id);
    await anvil.rpc.call('evm_setAutomine', true);
    await untilSettled(queue);
    expect(await store.find(kept.id)).toMatchObject({ state: 'final', place: { outcome: 'cancelled' } });
    expect(await store.find(behind.id)).toMatchObject({ state: 'final', place: { outcome: 'succeeded' } });
    expect(await anvil.rpc.call('eth_getBalance', nobody, 'latest')).toBe(before);
  });

  it('notices, once that is final, that somebody else used its nonce, and goes on behind', async () => {
    const queue = queueOf();
    const kept = await queue.keep('late', transfer);
    await sendForeign(0);
    expect(await queue.tend()).toMatchObject([{ state: 'signed' }]);
    await untilSettled(queue);
    expect((await store.find(kept.id))?.state).toBe('overtaken');
    expect((await queue.run('again', transfer)).nonce).toBe(1n);
  });

  it('waits no longer for what can never be in a block, because somebody else used its nonce', async () => {
    await queueOf().keep('late', transfer);
    await sendForeign(0);
    const mining = setInterval(() => void anvil.mine(1), 20);
    try {
      await expect(queueOf().run('late', transfer)).rejects.toThrow('somebody else used nonce 0');
    } finally {
      clearInterval(mining);
    }
  });

  it('outbids what somebody else sent under its nonce', async () => {
    await anvil.rpc.call('evm_setAutomine', false);
    const queue = queueOf();
    const kept = await queue.keep('ours', transfer);
    await sendForeign(0);
    await queue.send(kept);
    await anvil.rpc.call('evm_setAutomine', true);
    await untilSettled(queue);
    expect(await store.find(kept.id)).toMatchObject({ state: 'final', place: { outcome: 'succeeded' } });
  });

  describe('is content when a block takes the nonce between its look and what it sends', () => {
    /** A node where something happens just before the next transaction comes in. */
    function nodeWhere(happens: () => Promise<unknown>): ChainNode {
      let left = 1;
      return {
        call: async <Result>(method: string, ...params: readonly unknown[]) => {
          if (method === 'eth_sendRawTransaction' && left-- > 0) await happens();
          return anvil.rpc.call<Result>(method, ...params);
        },
      };
    }

    beforeEach(() => anvil.rpc.call('evm_setAutomine', false));

    it('and the block holds the same transaction', async () => {
      const kept = await queueOf().keep('once', transfer);
      await queueOf().send(kept);
      await queueOf({ node: nodeWhere(() => anvil.mine(1)), resendAfterMs: 0 }).tend();
      await untilSettled(queueOf());
      expect(await store.find(kept.id)).toMatchObject({ state: 'final', place: { tx: kept.attempts[0]!.tx, outcome: 'succeeded' } });
    });

    it('and the block holds the version that was to be replaced', async () => {
      const kept = await queueOf().keep('once', transfer);
      await queueOf().send(kept);
      await queueOf({ node: nodeWhere(() => anvil.mine(1)), replaceAfterMs: 0 }).tend();
      expect((await signed(kept.id)).attempts).toHaveLength(2);
      await untilSettled(queueOf());
      expect(await store.find(kept.id)).toMatchObject({ state: 'final', place: { tx: kept.attempts[0]!.tx, outcome: 'succeeded' } });
    });

    it('and the block holds what was to be cancelled', async () => {
      const kept = await queueOf().keep('once', transfer);
      await queueOf().send(kept);
      await queueOf({ node: nodeWhere(() => anvil.mine(1)) }).cancel(kept.id);
      await untilSettled(queueOf());
      expect(await store.find(kept.id)).toMatchObject({ state: 'final', place: { tx: kept.attempts[0]!.tx, outcome: 'succeeded' } });
    });

    it.each([
      ['sends the first version', 60_000, 1],
      ['outbids', 0, 2],
    ])('and the block holds what somebody else sent by the key, while it %s', async (__, replaceAfterMs, attempts) => {
      const kept = await queueOf().keep('once', transfer);
      const node = nodeWhere(async () => {
        await sendForeign(0);
        await anvil.mine(1);
      });
      await queueOf({ node, replaceAfterMs }).tend();
      expect((await signed(kept.id)).attempts).toHaveLength(attempts);
      await untilSettled(queueOf());
      expect((await store.find(kept.id))?.state).toBe('overtaken');
    });

    it('but not when the node says no for another reason', async () => {
      const kept = await queueOf().keep('once', transfer);
      const node: ChainNode = {
        call: (method, ...params) =>
          method === 'eth_sendRawTransaction'
            ? Promise.reject(new ChainRefusedFault(method, 'intrinsic gas too low', undefined))
            : anvil.rpc.call(method, ...params),
      };
      await expect(queueOf({ node }).send(kept)).rejects.toMatchObject({ name: 'ChainRefusedFault' });
    });
  });

  it('concludes nothing from a node that lags behind', async () => {
    const queue = queueOf();
    const kept = await queue.run('first', transfer);
    let lag: 'blocks' | 'nonces' | undefined = 'blocks';
    const node: ChainNode = {
      call: async <Result>(method: string, ...params: readonly unknown[]) => {
        if (lag === 'blocks' && method === 'eth_getTransactionReceipt') return null as Result;
        if (lag === 'blocks' && params[0] === 'latest') return anvil.rpc.call<Result>(method, '0x0', false);
        if (lag === 'nonces' && method === 'eth_getTransactionCount') return '0x0' as Result;
        return anvil.rpc.call<Result>(method, ...params);
      },
    };
    const lagging = queueOf({ node });
    expect(await lagging.tend()).toMatchObject([{ state: 'mined', place: kept.place }]);
    lag = undefined;
    await untilSettled(lagging);
    lag = 'nonces';
    await expect(lagging.keep('second', transfer)).rejects.toMatchObject({ name: 'NodeBehindFault' });
  });

  it('says what a transaction cost, to the wei', async () => {
    const queue = queueOf();
    const { place } = await queue.run('paid', transfer);
    await untilSettled(queue);
    const balance = BigInt(await anvil.rpc.call<string>('eth_getBalance', wallet.address, 'latest'));
    expect(place?.gas).toBe(21_000n);
    expect(balance).toBe(1000n * 10n ** 18n - 1n - place!.fee);
  });

  it('goes on with what was kept before a crash, and does not sign it twice', async () => {
    const kept = await queueOf().keep('deploy', transfer);
    expect((await queueOf().run('deploy', transfer)).id).toBe(kept.id);
    expect(await lastNonce()).toBe(0n);
  });

  it('keeps one transaction for an id, however many processes ask at once and later', async () => {
    const id = randomUUID();
    const [first, second] = await Promise.all([queueOf(), queueOf()].map((queue) => queue.keep('order', transfer, { id })));
    expect(second).toEqual(first);
    await queueOf().send(first!);
    await untilSettled(queueOf());
    expect(await queueOf().keep('order', transfer, { id })).toMatchObject({ state: 'final', nonce: 0n });
    expect(await lastNonce()).toBe(0n);
  });

  it('keeps nothing under an id that was given up, by whomever, and says why for good', async () => {
    const id = randomUUID();
    const [first, second] = ['first', 'second'].map((reason) => queueOf().giveUp(id, 'order', reason));
    const reasons = await Promise.all([first, second]);
    expect(reasons[1]).toEqual(reasons[0]);
    expect(['first', 'second'].map((reason) => ({ id, state: 'given-up', reason }))).toContainEqual(reasons[0]);
    await expect(queueOf().keep('order', transfer, { id })).rejects.toMatchObject({ name: 'GivenUpFault' });
    expect(await queueOf().giveUp(id, 'order', 'third')).toEqual(reasons[0]);
    expect(await store.find(id)).toEqual(reasons[0]);
    expect(await store.unsettled(key(wallet))).toEqual([]);
    expect(await queueOf().keep('other', transfer)).toMatchObject({ nonce: 0n });
  });

  it('looks anew for what was final, and for everything of the key behind it, and sends it again as it was signed', async () => {
    const [first, second, third] = [
      await queueOf().run('1', transfer),
      await queueOf().run('2', transfer),
      await queueOf().run('3', transfer),
    ];
    await untilSettled(queueOf());
    await store.reopen(randomUUID());
    expect(await store.unsettled(key(wallet))).toEqual([]);
    await store.reopen(second.id);
    expect(await store.unsettled(key(wallet))).toMatchObject([
      { id: second.id, state: 'signed', place: undefined, attempts: second.attempts },
      { id: third.id, state: 'signed', place: undefined, attempts: third.attempts },
    ]);
    expect(await store.find(first.id)).toMatchObject({ state: 'final' });
    await store.reopen(second.id); // What is looked for already is left alone.
    await untilSettled(queueOf());
    expect(await store.find(second.id)).toMatchObject({ state: 'final', place: second.place });
    expect(await lastNonce()).toBe(2n);
  });

  it('looks for nothing that the chain still has a nonce for, and for all else that was final from there on', async () => {
    const kept = [await queueOf().run('1', transfer), await queueOf().run('2', transfer), await queueOf().run('3', transfer)];
    await untilSettled(queueOf());
    await queueOf().reopenLost();
    expect(await store.unsettled(key(wallet))).toEqual([]);
    await store.reopen(kept[2]!.id);
    const node: ChainNode = {
      call: <Result>(method: string, ...params: readonly unknown[]) =>
        method === 'eth_getTransactionCount' ? Promise.resolve('0x1' as Result) : anvil.rpc.call<Result>(method, ...params),
    };
    await queueOf({ node }).reopenLost();
    expect(await store.unsettled(key(wallet))).toMatchObject([{ id: kept[1]!.id, state: 'signed' }, { id: kept[2]!.id }]);
    expect(await store.find(kept[0]!.id)).toMatchObject({ state: 'final' });
    await untilSettled(queueOf());
    expect(await lastNonce()).toBe(2n);
  });

  it('gives up nothing that was kept, and answers it', async () => {
    const id = randomUUID();
    const kept = await queueOf().keep('order', transfer, { id });
    expect(await queueOf().giveUp(id, 'order', 'in vain')).toEqual(kept);
    await queueOf().send(kept);
    await untilSettled(queueOf());
    expect(await queueOf().giveUp(id, 'order', 'in vain')).toMatchObject({ state: 'final' });
  });

  it('keeps or gives up, where two processes do the one and the other at once', async () => {
    for (let round = 0; round < 10; round++) {
      const id = randomUUID();
      const keep = queueOf()
        .keep('order', transfer, { id })
        .catch((fault: unknown) => (fault as Error).name);
      const [kept, known] = await Promise.all([keep, queueOf().giveUp(id, 'order', 'in vain')]);
      expect(kept).toEqual(known.state === 'given-up' ? 'GivenUpFault' : known);
      expect(await store.find(id)).toEqual(known);
    }
  });

  describe('beside a sender that believes to be alone', () => {
    const sending = { status: 'sending', signed: 1, sent: 1, reserved: 1 };
    const failed = { status: 'failed', signed: 0, sent: 0, reserved: 0 };
    const pairs: [Verdict, Verdict][] = [
      ['sends', 'reverts'],
      ['reverts', 'sends'],
      ['reverts', 'reverts otherwise'],
      ['sends', 'sends'],
    ];

    it.each(pairs)('sends or fails, not both, wherever one that %s is stopped while one that %s goes on', async (stopped, other) => {
      let step = 1;
      for (let wasStopped = true; wasStopped; step++) {
        const world = await TwoSenders.open(store);
        let passed = 0;
        const pause = async () => {
          if (++passed === step) await world.advance(other);
        };
        await world.advance(stopped, { port: pause, signer: pause });
        wasStopped = passed >= step;
        expect([sending, failed]).toContainEqual(await world.outcome());
      }
      injected(step - 2); // At the last step nobody was stopped.
    });

    it.each(pairs)('sends or fails, not both, wherever one that %s ends for good and one that %s takes over', async (ended, next) => {
      let step = 1;
      for (let hasEnded = true; hasEnded; step++) {
        const world = await TwoSenders.open(store);
        let passed = 0;
        hasEnded = await new Promise<boolean>((resolve, reject) => {
          const end = () => (++passed < step ? Promise.resolve() : new Promise<never>(() => resolve(true)));
          world.advance(ended, { port: end, signer: end }).then(() => resolve(false), reject);
        });
        await world.advance(next);
        await world.advance(next); // What the first look finds half done, the next one ends.
        expect([sending, failed]).toContainEqual(await world.outcome());
      }
      injected(step - 2);
    });
  });

  it('signs nothing that takes more gas than it may', async () => {
    await expect(queueOf().keep('dear', { ...transfer, data: `0x${'11'.repeat(600)}` }, { gasMax: 25_000n })).rejects.toMatchObject({
      name: 'ChainRefusedFault',
    });
    expect(await store.unsettled(key(wallet))).toEqual([]);
    expect(await queueOf().keep('cheap', transfer, { gasMax: 25_000n })).toMatchObject({ nonce: 0n });
  });

  it('shows by its counts who else sends by the key, and what a node has lost', async () => {
    await anvil.rpc.call('evm_setAutomine', false);
    const queue = queueOf();
    expect(await queue.counts()).toEqual({ latest: 0n, pending: 0n, kept: 0n });
    await queue.send(await queue.keep('ours', transfer));
    expect(await queue.counts()).toEqual({ latest: 0n, pending: 1n, kept: 1n });
    await sendForeign(1);
    expect(await queue.counts()).toEqual({ latest: 0n, pending: 2n, kept: 1n });
    for (const { tx } of (await store.unsettled(key(wallet)))[0]!.attempts) await anvil.rpc.call('anvil_dropTransaction', tx);
    expect((await queue.counts()).pending).toBeLessThan(2n);
  });

  it('offers no more for gas than it may, and signs nothing where the chain asks for more', async () => {
    const fees = await currentFees(anvil.rpc);
    const asked = fees.feePerGasMax - 1n;
    const kept = await queueOf({ feePerGasMax: asked }).keep('capped', transfer);
    expect(kept.attempts[0]).toMatchObject({ feePerGasMax: asked, tipPerGas: fees.tipPerGas });
    await expect(queueOf({ feePerGasMax: fees.tipPerGas }).keep('dear', transfer)).rejects.toMatchObject({ name: 'FeesTooHighFault' });
    expect((await store.unsettled(key(wallet))).map(({ subject }) => subject)).toEqual(['capped']);
    await queueOf().send(kept);
    await untilSettled(queueOf());
  });

  it('does not outbid beyond its ceiling, and keeps in the pool what it offered before', async () => {
    await anvil.rpc.call('evm_setAutomine', false);
    const kept = await queueOf().keep('stuck', transfer);
    await queueOf().send(kept);
    const { tx, feePerGasMax } = kept.attempts[0]!;
    await anvil.rpc.call('anvil_dropTransaction', tx);
    const queue = queueOf({ replaceAfterMs: 0, resendAfterMs: 0, feePerGasMax });
    await expect(queue.tend()).rejects.toMatchObject({ name: 'FeesTooHighFault' });
    expect((await signed(kept.id)).attempts).toHaveLength(1);
    await anvil.mine(1);
    await untilSettled(queueOf());
    expect(await store.find(kept.id)).toMatchObject({ state: 'final', place: { tx, outcome: 'succeeded' } });
  });

  it('knows how many more its key can pay for', async () => {
    const queue = queueOf();
    expect(await queue.affordable()).toBeUndefined();
    await queue.run('first', transfer);
    await untilSettled(queue);
    const { gas, fee } = (await store.lastFinal(key(wallet)))!.place!;
    const { feePerGasMax } = await currentFees(anvil.rpc);
    const most = gas * feePerGasMax > fee ? gas * feePerGasMax : fee;
    await anvil.rpc.call('anvil_setBalance', wallet.address, `0x${(most * 7n + 1n).toString(16)}`);
    expect(await queue.affordable()).toBe(7n);
  });

  it('keeps nothing of a call that would revert', async () => {
    const contract = (await queueOf().run('deploy', { data: '0x600a600c600039600a6000f360006000fd00000000000000' })).place!.contract!;
    await untilSettled(queueOf());
    await expect(queueOf().keep('reverts', { to: contract, data: '0x' })).rejects.toMatchObject({ name: 'ChainRefusedFault' });
    expect(await store.unsettled(key(wallet))).toEqual([]);
  });

  async function sendForeign(nonce: number): Promise<void> {
    const fees = { maxFeePerGas: 20n * 10n ** 9n, maxPriorityFeePerGas: 2n * 10n ** 9n };
    const raw = await wallet.signTransaction({
      type: 2,
      chainId: 31337n,
      nonce,
      gasLimit: 21_000n,
      ...fees,
      to: nobody,
      value: 5n,
      data: '0x',
    });
    await anvil.rpc.call('eth_sendRawTransaction', raw);
  }
});

describe('a queue on a chain where coins are not given away', () => {
  it('says so when its key cannot pay', async () => {
    const chain = await startAnvil({ chainId: 31_338 });
    try {
      const store = new MemoryTransactionStore();
      const patience = { replaceAfterMs: 60_000, resendAfterMs: 0 };
      const queue = new TransactionQueue({ node: chain.rpc, chainId: '31338', signer: wallet, store, clock: systemClock, ...patience });
      await chain.rpc.call('anvil_setBalance', wallet.address, '0x0');
      await expect(queue.keep('poor', { ...transfer, value: 0n }).then((kept) => queue.send(kept))).rejects.toMatchObject({
        name: 'UnfundedFault',
      });
      await chain.rpc.call('anvil_setBalance', wallet.address, `0x${(10n ** 18n).toString(16)}`);
      expect(await queue.run('poor', { ...transfer, value: 0n })).toMatchObject({ nonce: 0n, place: { outcome: 'succeeded' } });
    } finally {
      await chain.stop();
    }
  });
});
