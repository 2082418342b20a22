import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Wallet } from 'ethers';
import type { Pool } from 'pg';
import { sent } from '../../bench/support/settlement-chain.ts';
import { JsonRpc } from '../../services/chain/adapters/rpc/json-rpc.ts';
import type { ChainNode } from '../../services/chain/application/chain-node.ts';
import { createPool } from '../../services/read-store/pool.ts';
import {
  type CollectOrdered,
  dispatchIdOf,
  type OrderEvent,
  type RefundOrdered,
} from '../../services/settlement/domain/dispatch.events.ts';
import { zeroAddress } from '../../services/settlement/domain/quote.ts';
import { reverse } from '../../services/settlement/domain/settlement.decider.ts';
import { EffectHistory } from '../unit/settlement/effect.fixtures.ts';
import { injected } from '../support/injected.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { SendingWorld, word } from '../support/sending-world.ts';

let database: TestDatabase;
let pool: Pool;
let world: SendingWorld;
let target: Awaited<ReturnType<SendingWorld['target']>>;
let refunder: Wallet;
let collector: Wallet;

/** Each test takes numbers of its own: what is paid once stays paid. */
let lastSeq = 100;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
  world = await SendingWorld.open(pool);
  target = await world.target();
  ({ refunder, collector } = world.settled.hands);
  await sent(world.settled.dollar, world.settled.hands.payer, 'transfer', refunder.address, 10n ** 9n);
  const { settlement, dollar, hands } = world.settled;
  await sent(dollar, hands.payer, 'approve', await settlement.getAddress(), 10n ** 11n);
});

afterEach(() => world.node.call('evm_setAutomine', true));

afterAll(async () => {
  await world.stop();
  await pool.end();
  await database.drop();
});

const address = (by: Wallet) => by.address.toLowerCase();

function refund(data: Partial<RefundOrdered> = {}): OrderEvent {
  const refundSeq = (++lastSeq).toString();
  const { token, ...place } = target;
  return {
    type: 'RefundOrdered/1',
    data: {
      ...{ ...place, refund: `rfd_${refundSeq}`, refundSeq, settlement: `31337.${place.contract}.slot.7`, slot: '7', account: 'acc_1' },
      ...{ amount: '5.00', currency: 'EUR', token, tokenCurrency: 'USDC', tokenAmount: '5.40', tokenUnits: '5400000' },
      ...{ to: address(world.settled.hands.other), salt: word('salt'), reason: word('reason') },
      ...data,
    },
  };
}

async function collectOf(tokenUnits: string, data: Partial<CollectOrdered> = {}): Promise<OrderEvent> {
  const slot = (++lastSeq).toString();
  const { token: _, ...place } = target;
  const given = world.settled.mandate({ salt: BigInt(slot) });
  const text = Object.fromEntries(Object.entries(given).map(([field, value]) => [field, String(value).toLowerCase()]));
  const terms = text as unknown as CollectOrdered['terms'];
  return {
    type: 'CollectOrdered/1',
    data: {
      ...{ ...place, mandate: word(`mandate ${slot}`), terms, signature: await world.settled.signMandate(given), decision: '2', slot },
      ...{ invoiceRef: word(`invoice ${slot}`), account: 'acc_1', amount: '10.00', currency: 'EUR', tokenUnits, deadline: '4102444800' },
      ...data,
    },
  };
}

describe('a refund', () => {
  it('is approved, paid once and told when its block is final', async () => {
    const event = refund();
    const before = await world.balanceOf(address(world.settled.hands.other));
    await world.order(event);
    const [state] = await world.settle(world.process(refunder), event);
    expect(state).toMatchObject({ status: 'done', done: { ordered: '0' } });
    expect((await world.balanceOf(address(world.settled.hands.other))) - before).toBe(5_400_000n);
    const allowed: unknown = await world.settled.dollar.getFunction('allowance')(refunder.address, target.contract);
    expect(allowed).toBe(0n); // Exactly what was paid was allowed.
  });

  it('pays in the native coin without an approval', async () => {
    const event = refund({ token: zeroAddress, tokenUnits: '1000', to: `0x${'77'.repeat(20)}` });
    const nonce = await world.nonceOf(refunder);
    await world.order(event);
    await world.settle(world.process(refunder), event);
    expect(await world.settled.chain.provider.getBalance(`0x${'77'.repeat(20)}`)).toBe(1000n);
    expect(await world.nonceOf(refunder)).toBe(nonce + 1);
  });

  it('is sent behind others of the same key, each with its own allowance', async () => {
    const events = [refund({ tokenUnits: '100' }), refund({ tokenUnits: '300' }), refund({ tokenUnits: '200' })];
    const before = await world.balanceOf(address(world.settled.hands.other));
    for (const event of events) await world.order(event);
    const states = await world.settle(world.process(refunder), ...events);
    expect(states.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect((await world.balanceOf(address(world.settled.hands.other))) - before).toBe(600n);
  });

  it('says by which error it failed, before anything is sent, and is not paid later on', async () => {
    const event = refund({ tokenUnits: (10n ** 15n).toString() });
    await world.order(event);
    const [state] = await world.settle(world.process(refunder), event);
    const failed = { status: 'failed', failure: { code: 'reverted', error: expect.stringMatching(/^ERC20InsufficientBalance\(/) } };
    expect(state).toMatchObject(failed);
    const { payer } = world.settled.hands;
    const lacking = 10n ** 15n - (await world.balanceOf(address(refunder)));
    await sent(world.settled.dollar, payer, 'mint', refunder.address, lacking + 10n ** 9n);
    await world.order(event); // Told again: the account has its money by now.
    await world.process(refunder).round(event);
    expect(await world.state(event)).toMatchObject(failed);
  });

  it('[SET-A35] is never paid under a number that was paid', async () => {
    const event = refund();
    const twice = { ...event, data: { ...event.data, slot: '8' } } as OrderEvent;
    await world.order(event);
    await world.settle(world.process(refunder), event);
    await expect(world.order(twice)).resolves.toBeUndefined(); // The same refund: nothing new.
    // Somebody restored an older event store: the contract still knows.
    const other = world.forgotten();
    await other.order(event);
    const [state] = await other.settle(other.process(refunder), event);
    expect(state).toMatchObject({ status: 'failed', failure: { error: expect.stringMatching(/^ProviderSettlementAlreadyRefunded\(/) } });
  });
});

describe('a collection', () => {
  it('pulls what was decided to the treasury', async () => {
    const event = await collectOf('1000000');
    const before = await world.balanceOf(address(world.settled.hands.treasury));
    await world.order(event);
    const [state] = await world.settle(world.process(collector), event);
    expect(state).toMatchObject({ status: 'done' });
    expect((await world.balanceOf(address(world.settled.hands.treasury))) - before).toBe(1_000_000n);
  });

  it('[SET-A25] takes no more than the cap, whatever the collector asks for', async () => {
    const event = await collectOf('100000001');
    await world.order(event);
    const [state] = await world.settle(world.process(collector), event);
    expect(state).toMatchObject({
      status: 'failed',
      failure: { code: 'reverted', error: 'ProviderSettlementCapExceeded(100000001, 100000000)' },
    });
  });

  it('is given up by a transfer of nothing when its rate is not good any more and no block took it', async () => {
    const start = Date.now();
    let now = start;
    const clock = { now: () => new Date(now).toISOString() };
    const event = await collectOf('1000000', { deadline: (Math.floor(start / 1000) + 30).toString() });
    await world.order(event);
    await world.node.call('evm_setAutomine', false);
    const process = world.process(collector, { clock, replaceAfterMs: 10_000 });
    await process.round(event);
    const nonce = await world.nonceOf(collector);
    now = start + 40_000;
    await process.round(event);
    await world.node.call('evm_setAutomine', true);
    const [state] = await world.settle(process, event);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'expired' } });
    expect(await world.nonceOf(collector)).toBe(nonce + 1);
  });
});

describe('[SET-A35] collections that payers order themselves', () => {
  it('end at the limit of their own day, and those of the provider go on', async () => {
    const spent = () =>
      world.costs.since({ provider: 'demo', chainId: '31337', operations: ['payer-collect'] }, new Date(Date.now() - 86_400_000));
    const collected = async (data: Partial<CollectOrdered>, relayFeeMaxPerDay: bigint) => {
      const event = await collectOf('1000000', data);
      await world.order(event);
      return (await world.settle(world.process(collector, { limits: { relayGasMax: 400_000n, relayFeeMaxPerDay } }), event))[0];
    };
    expect(await collected({ byPayer: true }, 10n ** 18n)).toMatchObject({ status: 'done' });
    const [limit, nonce] = [await spent(), await world.nonceOf(collector)];
    expect(limit).toBeGreaterThan(0n);
    const failure = { code: 'spending_limit', spent: limit.toString(), limit: limit.toString() };
    expect(await collected({ byPayer: true }, limit)).toMatchObject({ status: 'failed', failure });
    expect(await world.nonceOf(collector)).toBe(nonce);
    expect(await collected({}, limit)).toMatchObject({ status: 'done' });
    expect(await spent()).toBe(limit);
  });
});

describe('[SET-A24] a collection whose payer ends the mandate meanwhile', () => {
  it('is not sent any more', async () => {
    const event = await collectOf('1000000');
    const nonce = await world.nonceOf(collector);
    await world.order(event);
    await world.revoke(event);
    const [state] = await world.settle(world.process(collector), event);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'mandate_revoked' } });
    expect(await world.nonceOf(collector)).toBe(nonce);
  });

  it('is given up where it was sent, and no block took it', async () => {
    const event = await collectOf('1000000');
    const nonce = await world.nonceOf(collector);
    const before = await world.balanceOf(address(world.settled.hands.treasury));
    await world.order(event);
    await world.node.call('evm_setAutomine', false);
    const process = world.process(collector, { replaceAfterMs: 0 });
    await process.round(event);
    await world.revoke(event);
    await process.round(event);
    await world.node.call('evm_setAutomine', true);
    const [state] = await world.settle(process, event);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'mandate_revoked' } });
    expect(await world.nonceOf(collector)).toBe(nonce + 1);
    expect(await world.balanceOf(address(world.settled.hands.treasury))).toBe(before);
  });
});

describe('[SET-A35] whatever happens between an order and its end', () => {
  it('a lost answer sends the same bytes again: one payment, no gap', async () => {
    const event = refund({ token: zeroAddress, tokenUnits: '1', to: `0x${'71'.repeat(20)}` });
    const nonce = await world.nonceOf(refunder);
    await world.order(event);
    const deaf = new JsonRpc(world.settled.chain.url, async (url, init) => {
      const response = await fetch(url, init);
      if ((init?.body as string).includes('eth_sendRawTransaction')) throw new TypeError('The connection was reset.');
      return response;
    });
    await world.node.call('evm_setAutomine', false);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(world.process(refunder, { node: deaf }).round(event)).rejects.toMatchObject({ name: 'ChainUnavailableFault' });
    }
    await world.process(refunder).round(event); // Refused, as the node has them already: that is what was wanted.
    await world.node.call('evm_setAutomine', true);
    const [state] = await world.settle(world.process(refunder), event);
    expect(state?.status).toBe('done');
    expect(await world.settled.chain.provider.getBalance(`0x${'71'.repeat(20)}`)).toBe(1n);
    expect(await world.nonceOf(refunder)).toBe(nonce + 1);
  });

  it('two of one key that wait for the same block have a nonce each', async () => {
    const events = [await collectOf('1000'), await collectOf('2000')];
    const before = await world.balanceOf(address(world.settled.hands.treasury));
    const nonce = await world.nonceOf(collector);
    for (const event of events) await world.order(event);
    await world.node.call('evm_setAutomine', false);
    const process = world.process(collector);
    await process.round(...events);
    expect((await process.queue.unsettled()).map((waiting) => waiting.nonce)).toEqual([BigInt(nonce), BigInt(nonce) + 1n]);
    await world.node.call('evm_setAutomine', true);
    const states = await world.settle(process, ...events);
    expect(states.map(({ status }) => status)).toEqual(['done', 'done']);
    expect((await world.balanceOf(address(world.settled.hands.treasury))) - before).toBe(3_000n);
  });

  it('a nonce that somebody else took is followed by the next one', async () => {
    const event = refund({ token: zeroAddress, tokenUnits: '1', to: `0x${'72'.repeat(20)}` });
    const nonce = await world.nonceOf(refunder);
    await world.order(event);
    await world.node.call('evm_setAutomine', false);
    const process = world.process(refunder);
    await process.round(event);
    const foreign = await refunder.signTransaction({
      ...{ type: 2, chainId: 31337n, nonce, gasLimit: 21_000n, to: zeroAddress, value: 5n },
      ...{ maxFeePerGas: 200n * 10n ** 9n, maxPriorityFeePerGas: 100n * 10n ** 9n },
    });
    await world.node.call('eth_sendRawTransaction', foreign);
    await world.node.call('evm_setAutomine', true);
    const [state] = await world.settle(process, event);
    expect(state?.status).toBe('done');
    expect(await world.settled.chain.provider.getBalance(`0x${'72'.repeat(20)}`)).toBe(1n);
    expect(await world.nonceOf(refunder)).toBe(nonce + 2);
  });

  it('a fee spike is outbid by an eighth, under the same nonce', async () => {
    const event = refund({ token: zeroAddress, tokenUnits: '1', to: `0x${'73'.repeat(20)}` });
    const nonce = await world.nonceOf(refunder);
    await world.order(event);
    await world.node.call('evm_setAutomine', false);
    const process = world.process(refunder, { replaceAfterMs: 0 });
    for (let round = 0; round < 3; round++) await process.round(event);
    const [stuck] = await process.queue.unsettled();
    const fees = stuck!.attempts.map(({ feePerGasMax }) => feePerGasMax);
    expect(fees.length).toBeGreaterThanOrEqual(3);
    for (const [at, fee] of fees.entries()) if (at > 0) expect(fee * 1000n).toBeGreaterThanOrEqual(fees[at - 1]! * 1125n);
    await world.node.call('evm_setAutomine', true);
    await world.settle(process, event);
    expect(await world.settled.chain.provider.getBalance(`0x${'73'.repeat(20)}`)).toBe(1n);
    expect(await world.nonceOf(refunder)).toBe(nonce + 1);
  });

  it('a dropped transaction is sent again', async () => {
    const event = refund({ token: zeroAddress, tokenUnits: '1', to: `0x${'74'.repeat(20)}` });
    await world.order(event);
    await world.node.call('evm_setAutomine', false);
    const process = world.process(refunder);
    await process.round(event);
    const { attempts } = (await process.queue.unsettled())[0]!;
    await world.node.call('anvil_dropTransaction', attempts[0]!.tx);
    await world.node.call('evm_setAutomine', true);
    const [state] = await world.settle(process, event);
    expect(state).toMatchObject({ status: 'done', done: { tx: attempts[0]!.tx } });
  });

  it('a restart at every call of the chain goes on where the last process ended', async () => {
    const event = refund({ tokenUnits: '250' });
    const before = await world.balanceOf(address(world.settled.hands.other));
    await sent(world.settled.dollar, refunder, 'approve', target.contract, 1n);
    const nonce = await world.nonceOf(refunder);
    await world.order(event);
    let deaths = 0;
    for (let calls = 0; (await world.state(event)).status === 'sending'; calls++) {
      if (calls > 400) throw new Error('It does not end.');
      let left = calls % 25;
      const dying = new JsonRpc(world.settled.chain.url, async (url, init) => {
        if (left-- === 0) {
          deaths++;
          throw new TypeError('This process was killed.');
        }
        return fetch(url, init);
      });
      await world
        .process(refunder, { node: dying })
        .round(event)
        .catch(() => undefined);
      await world.mine();
    }
    expect(await world.state(event)).toMatchObject({ status: 'done' });
    expect((await world.balanceOf(address(world.settled.hands.other))) - before).toBe(250n);
    expect(await world.nonceOf(refunder)).toBe(nonce + 3); // An allowance is changed from zero alone.
    injected(deaths);
  });

  it('a process that looked before another one had signed does not take what that one paid for a failure', async () => {
    const event = refund({ token: zeroAddress, tokenCurrency: 'ETH', tokenAmount: '0.000000000000000005', tokenUnits: '5' });
    await world.order(event);
    const quick = world.process(refunder);
    let isFirst = true;
    const node: ChainNode = {
      call: async (method, ...params) => {
        // By then it has looked whether anything was signed: what follows is the call, tried out.
        if (isFirst && method === 'eth_estimateGas') {
          isFirst = false;
          await quick.round(event);
          await world.mine();
        }
        return world.node.call(method, ...params);
      },
    };
    await world.process(refunder, { node }).round(event);
    expect([isFirst, (await world.state(event)).status]).toEqual([false, 'sending']);
    expect(await world.settle(quick, event)).toMatchObject([{ status: 'done' }]);
  });

  it('two processes at once send one transaction', async () => {
    const event = refund({ token: zeroAddress, tokenUnits: '1', to: `0x${'75'.repeat(20)}` });
    const nonce = await world.nonceOf(refunder);
    await world.order(event);
    await Promise.all([world.process(refunder).round(event), world.process(refunder).round(event)]);
    await world.settle(world.process(refunder), event);
    expect(await world.settled.chain.provider.getBalance(`0x${'75'.repeat(20)}`)).toBe(1n);
    expect(await world.nonceOf(refunder)).toBe(nonce + 1);
  });
});

describe('a refund whose final block is gone', () => {
  /** The ledger has seen it as final, and took it back. */
  const takenBack = (event: OrderEvent) =>
    world.takeBack(event, (effect) => {
      const seen = new EffectHistory().observed(effect, {}).finalized({});
      return seen.did((state) => reverse(state, { reason: 'incident 114', effectiveAt: '2026-03-02T00:00:00.000Z' })).events;
    });

  /** Paid and done, and then the chain goes on without it from the block before. */
  async function lost(to: string, data: Partial<RefundOrdered> = { token: zeroAddress }): Promise<OrderEvent> {
    const event = refund({ tokenUnits: '1000', to, ...data });
    await world.order(event);
    await world.settle(world.process(refunder), event);
    const its = 'select min(block) as block from chain_transaction where subject like $1';
    const { rows } = await pool.query<{ block: bigint }>(its, [`%${dispatchIdOf(event)}`]);
    const head = BigInt(await world.node.call<string>('eth_blockNumber'));
    await world.node.call('anvil_reorg', Number(head - rows[0]!.block + 1n), []);
    await takenBack(event);
    return event;
  }

  const paidTo = (to: string) => world.settled.chain.provider.getBalance(to);

  it('keeps its key from sending anything, is sent again as it was signed, and is paid once', async () => {
    const [to, next] = [`0x${'81'.repeat(20)}`, refund({ token: zeroAddress, tokenUnits: '7', to: `0x${'82'.repeat(20)}` })];
    const event = await lost(to);
    expect(await paidTo(to)).toBe(0n);
    await world.order(next);
    await expect(world.process(refunder).round(next)).rejects.toMatchObject({ name: 'NodeBehindFault' });
    const before = await world.nonceOf(refunder);
    await world.undo(event);
    expect(await world.state(event)).toMatchObject({ status: 'sending', orderedAt: 0n });
    const states = await world.settle(world.process(refunder), event, next);
    expect(states.map(({ status }) => status)).toEqual(['done', 'done']);
    expect([await paidTo(to), await paidTo(`0x${'82'.repeat(20)}`)]).toEqual([1000n, 7n]);
    expect(await world.nonceOf(refunder)).toBe(before + 2);
  });

  it('is sent again with the approval before it, where it is one in a token, and is paid once', async () => {
    const to = `0x${'86'.repeat(20)}`;
    const event = await lost(to, {});
    const before = await world.nonceOf(refunder);
    await world.undo(event);
    expect(await world.settle(world.process(refunder), event)).toMatchObject([{ status: 'done' }]);
    expect([await world.balanceOf(to), await world.nonceOf(refunder)]).toEqual([1000n, before + 2]);
  });

  it('is signed anew behind whoever took its nonce, and is paid once', async () => {
    const to = `0x${'83'.repeat(20)}`;
    const event = await lost(to);
    await (await refunder.sendTransaction({ to: refunder.address, value: 1n, nonce: await world.nonceOf(refunder) })).wait();
    await world.undo(event);
    expect(await world.settle(world.process(refunder), event)).toMatchObject([{ status: 'done' }]);
    expect(await paidTo(to)).toBe(1000n);
  });

  it('is found, and not sent again, where the chain shows it after all', async () => {
    const to = `0x${'84'.repeat(20)}`;
    const event = refund({ token: zeroAddress, tokenUnits: '1000', to });
    await world.order(event);
    await world.settle(world.process(refunder), event);
    const before = await world.nonceOf(refunder);
    await takenBack(event);
    await world.undo(event);
    expect(await world.settle(world.process(refunder), event)).toMatchObject([{ status: 'done' }]);
    expect([await paidTo(to), await world.nonceOf(refunder)]).toEqual([1000n, before]);
  });

  it('is refused by its number, where what was signed for it was lost as well and the chain shows it', async () => {
    const to = `0x${'85'.repeat(20)}`;
    const event = refund({ token: zeroAddress, tokenUnits: '1000', to });
    await world.order(event);
    await world.settle(world.process(refunder), event);
    await takenBack(event);
    await pool.query('update chain_transaction set id = gen_random_uuid() where subject like $1', [`%${dispatchIdOf(event)}`]);
    await world.undo(event);
    const failure = { code: 'reverted', error: expect.stringMatching(/^ProviderSettlementAlreadyRefunded\(/) };
    expect(await world.settle(world.process(refunder), event)).toMatchObject([{ status: 'failed', failure }]);
    expect(await paidTo(to)).toBe(1000n);
  });
});

describe('what was spent', () => {
  it('is told by operation and day, to the wei', async () => {
    const { rows } = await pool.query<{ fee: string }>('select sum(fee)::text as fee from chain_transaction where state = $1', ['final']);
    const days = await world.costs.byDay('demo', { from: '2020-01-01', to: '2100-01-01' });
    expect(days.reduce((sum, { fee }) => sum + fee, 0n)).toBe(BigInt(rows[0]!.fee));
    expect(new Set(days.map(({ operation }) => operation))).toEqual(new Set(['refund', 'collect', 'payer-collect']));
  });
});
