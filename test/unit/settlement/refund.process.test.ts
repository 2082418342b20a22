import type { CommandBus } from '@nestjs/cqrs';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Accounts, accountStream } from '../../../services/accounts/application/account-command.ts';
import { ReturnRefundHandler } from '../../../services/accounts/application/return-refund.handler.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { refundSettlement } from '../../../services/accounts/domain/refunding.decider.ts';
import type { Aggregate, DomainEvent } from '../../../services/commands/domain/aggregate.ts';
import { accept, type Decision } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import type { LedgerEvent } from '../../../services/event-store/domain/ledger-event.ts';
import { ledgerEventOf } from '../../../services/event-store/domain/ledger-event.ts';
import { RefundProcess } from '../../../services/settlement/application/refund.process.ts';
import { dispatchStream, refundRegisterStream } from '../../../services/settlement/application/sending-streams.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { fail } from '../../../services/settlement/domain/dispatch.decider.ts';
import type { DispatchFailure, RefundOrdered } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { matchPayment, type PaidEffect } from '../../../services/settlement/domain/settlement-match.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { eur, History } from '../accounts/account.fixtures.ts';
import { dollar, EffectHistory, effectOf, eth, foundSlot, payer, settled } from './effect.fixtures.ts';
import { account as id, place } from './slot.fixtures.ts';

const chains = new SettlementChains([
  {
    ...{
      chainId: place.chainId,
      rpcUrls: [],
      contracts: { registry: '0x', settlement: place.contract },
      codeHashes: {},
      deploymentBlock: 0n,
    },
    ...{ tokens: [eth, dollar], profile: { finality: 'tag', realMoney: false, confirmations: [] } },
  },
]);
const paid = settled() as PaidEffect;
const settlementKey = settlementId(paid);
const ref = 'ref_00000000-0000-5000-8000-000000000001';
const reverted = { code: 'reverted', error: 'ERC20InsufficientBalance(0xaa, 1, 2)' } as const;
const taken = { code: 'reverted', error: 'ProviderSettlementAlreadyRefunded(11, 1)' } as const;

let store: MemoryEventStore;
/** Of a process that knows nothing of what others did. */
const executor = () => executionOn(store).executor;

beforeEach(async () => {
  store = new MemoryEventStore();
  const seen = new EffectHistory().observed(paid, matchPayment(paid, foundSlot(), eth)).finalized({ token: eth });
  await write(settlement, settlementStream('demo', settlementKey), ...seen.events);
  const customer = new History().prepaid().credited('60.50', { settlement: settlementKey, slot: '7' });
  await write(account, accountStream('demo', id), ...customer.events);
});

async function write<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  stream: string,
  ...events: Event[]
): Promise<void> {
  await act(aggregate, stream, () => accept(...(events as [Event, ...Event[]])));
}

let commands = 0;
async function act<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  stream: string,
  decide: (state: State) => Decision<Event, never>,
): Promise<void> {
  const outcome = await executor().execute({ aggregate, stream, envelope: envelope(`${commands++}`), decide });
  if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.rejection));
}

const decided = (amount: string, refund = ref) =>
  act(
    account,
    accountStream('demo', id),
    (state) =>
      refundSettlement(state, {
        refund,
        settlement: settlementKey,
        amount: eur(amount),
        reason: 'sorry',
        effectiveAt: '2026-03-02T00:00:00.000Z',
      }) as never,
  );
const failed = (refundSeq: string, failure: DispatchFailure) =>
  act(dispatch, dispatchStream('demo', `refund.${refundSeq}`), (state) => fail(state, { ordered: '0', failure }) as never);

async function log(): Promise<LedgerEvent[]> {
  return (await Array.fromAsync(store.readAll())).map((stored) => ledgerEventOf(stored)!);
}

const typed = async (...types: string[]) => (await log()).filter(({ type }) => types.includes(type));

/** A process that handles everything from the beginning, and that is killed at a call: before it, or when it has had its effect. */
async function follow({ killedAt = Infinity, hadEffect = false } = {}): Promise<void> {
  let calls = 0;
  const inner = executor();
  const dying = new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const isLast = calls++ === killedAt;
        if (isLast && !hadEffect) throw new Error('This process was killed.');
        const result: unknown = await (value as (...given: unknown[]) => Promise<unknown>).apply(target, args);
        if (isLast) throw new Error('This process was killed.');
        return result;
      };
    },
  });
  const handler = new ReturnRefundHandler(new Accounts(dying));
  const bus = { execute: (command: never) => handler.execute(command) } as unknown as CommandBus;
  const process = new RefundProcess({ executor: dying, bus, chains });
  const { typePrefixes } = process.filter;
  await process.project((await log()).filter(({ type }) => typePrefixes.some((prefix) => type.startsWith(prefix))));
}

/** Killed at each of its calls in turn, both ways, until one gets through. */
async function followKilled(): Promise<number> {
  for (let killedAt = 0; ; killedAt++) {
    const ends = await Promise.all([true, false].map((hadEffect) => follow({ killedAt, hadEffect }).then(() => true, () => false))); // prettier-ignore
    if (ends.every(Boolean)) return killedAt;
  }
}

describe('from a decision to its order', () => {
  it('is one number and one order, to who paid and at the rate that was paid at', async () => {
    await decided('30.25');
    await follow();
    const [numbered, ordered] = await typed('RefundNumbered/1', 'RefundOrdered/1');
    expect(numbered).toMatchObject({ stream: refundRegisterStream('demo'), fin: { refundSeq: '1', refund: ref } });
    expect(ordered).toMatchObject({
      stream: 'demo.dispatch-refund.1',
      fin: { contract: place.contract, providerId: '11', slot: '7', to: payer, amount: '30.25', tokenCurrency: 'ETH' },
    });
    const { payment } = matchPayment(paid, foundSlot(), eth);
    expect(BigInt((ordered!.fin as unknown as RefundOrdered).tokenUnits)).toBe(BigInt(payment!.tokenUnits) / 2n);
  });

  it('resumes wherever it is killed, and orders once', async () => {
    await decided('30.25');
    await decided('30.25', 'ref_00000000-0000-5000-8000-000000000002');
    expect(await followKilled()).toBe(8);
    await follow();
    expect((await typed('RefundNumbered/1')).map(({ fin }) => fin)).toMatchObject([{ refundSeq: '1' }, { refundSeq: '2' }]);
    expect(await typed('RefundOrdered/1')).toHaveLength(2);
  });

  it('[SET-A39] is never of a payment that is not final, whatever was decided', async () => {
    const other = settled({ seq: '8' }) as PaidEffect;
    const pending = new EffectHistory().observed({ ...other, key: '8' }, matchPayment(paid, foundSlot(), eth)).confirmed();
    const key = settlementId({ ...other, effect: 'slot', key: '8' });
    await write(settlement, settlementStream('demo', key), ...pending.events);
    const data = { account: id, refund: ref, settlement: key, slot: '8', amount: '1.00', currency: 'EUR', reason: 'x' };
    await write(account, accountStream('demo', id), {
      type: 'SettlementRefundDecided/1',
      data: { ...data, effectiveAt: '2026-03-02T00:00:00.000Z', postings: [] },
    });
    await expect(follow()).rejects.toThrow('no payment that is final');
    expect(await typed('RefundNumbered/1', 'RefundOrdered/1')).toEqual([]);
  });
});

describe('a refund that failed', () => {
  it('gives the account its money again, once, wherever it is killed, and may be decided anew', async () => {
    await decided('60.50');
    await follow();
    await failed('1', reverted);
    await followKilled();
    await follow();
    const returned = await typed('SettlementRefundReturned/1');
    expect(returned).toHaveLength(1);
    expect(returned[0]).toMatchObject({ fin: { refund: ref, wallet: '60.50', failure: `reverted: ${reverted.error}` } });
    expect(await typed('RefundOrdered/1')).toHaveLength(1);
    await decided('60.50', 'ref_00000000-0000-5000-8000-000000000002');
    await follow();
    expect((await typed('RefundOrdered/1')).map(({ stream }) => stream)).toEqual(['demo.dispatch-refund.1', 'demo.dispatch-refund.2']);
  });

  describe('because its number is taken', () => {
    const paidBack = (amount: string) => {
      const log = { name: 'Refunded', seq: '7', to: payer, refundSeq: '1', token: eth.address, amount, reason: '0x' } as const;
      return effectOf('refund', '1', log);
    };

    beforeEach(async () => {
      await decided('60.50');
      await follow();
      await failed('1', taken);
    });

    it('waits for what the chain shows, and was paid where that is the refund', async () => {
      await follow();
      expect(await typed('SettlementRefundReturned/1')).toEqual([]);
      const { tokenUnits, tokenAmount } = (await typed('RefundOrdered/1'))[0]!.fin as unknown as RefundOrdered;
      const refund = { refund: ref, slot: '7', account: id, amount: '60.50', currency: 'EUR', token: 'ETH', tokenAmount };
      const shown = new EffectHistory().observed(paidBack(tokenUnits), { refund }).finalized({ token: eth });
      await write(settlement, settlementStream('demo', settlementId(paidBack(tokenUnits))), ...shown.events);
      await follow();
      expect(await typed('SettlementRefundReturned/1')).toEqual([]);
    });

    it('is given back where somebody else paid under it', async () => {
      const shown = new EffectHistory().observed(paidBack('5'), { unmatched: 'refund_unknown' }).finalized({ token: eth });
      await write(settlement, settlementStream('demo', settlementId(paidBack('5'))), ...shown.events);
      await follow();
      await follow();
      expect(await typed('SettlementRefundReturned/1')).toHaveLength(1);
    });
  });
});
