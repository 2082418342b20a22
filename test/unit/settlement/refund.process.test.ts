import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryTransactionStore } from '../../../services/chain/adapters/memory/memory.transaction-store.ts';
import { accountStream } from '../../../services/accounts/application/account-command.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { Refunds } from '../../../services/settlement/application/refunds/refunds.ts';
import { refundRegisterStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import type { RefundOrdered } from '../../../services/settlement/domain/dispatch.events.ts';
import { matchPayment, type PaidEffect } from '../../../services/settlement/domain/settlement-match.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { EffectHistory, eth, foundSlot, payer, settled } from './effect.fixtures.ts';
import { paid, ref, RefundWorld, settlementKey } from './refund.fixtures.ts';
import { account as id, place } from './slot.fixtures.ts';

const reverted = { code: 'reverted', error: 'ERC20InsufficientBalance(0xaa, 1, 2)' } as const;
const taken = { code: 'reverted', error: 'ProviderSettlementAlreadyRefunded(11, 1)' } as const;

let world: RefundWorld;
beforeEach(async () => {
  world = await RefundWorld.open();
});

describe('from a decision to its order', () => {
  it('is one number and one order, to who paid and at the rate that was paid at', async () => {
    await world.decide('30.25');
    await world.follow();
    const [numbered, ordered] = await world.typed('RefundNumbered/1', 'RefundOrdered/1');
    expect(numbered).toMatchObject({ stream: refundRegisterStream('demo'), fin: { refundSeq: '1', refund: ref } });
    expect(ordered).toMatchObject({
      stream: 'demo.dispatch-refund.1',
      fin: { contract: place.contract, providerId: '11', slot: '7', to: payer, amount: '30.25', tokenCurrency: 'ETH' },
    });
    const { payment } = matchPayment(paid, foundSlot(), eth);
    expect(BigInt((ordered!.fin as unknown as RefundOrdered).tokenUnits)).toBe(BigInt(payment!.tokenUnits) / 2n);
  });

  it('resumes wherever it is killed, and orders once', async () => {
    await world.decide('30.25');
    await world.decide('30.25', 'ref_00000000-0000-5000-8000-000000000002');
    expect(await world.followKilled()).toBe(10);
    await world.follow();
    expect((await world.typed('RefundNumbered/1')).map(({ fin }) => fin)).toMatchObject([{ refundSeq: '1' }, { refundSeq: '2' }]);
    expect(await world.typed('RefundOrdered/1')).toHaveLength(2);
  });

  it('[SET-A39] is never of a payment that is not final, whatever was decided', async () => {
    const other = settled({ seq: '8' }) as PaidEffect;
    const pending = new EffectHistory().observed({ ...other, key: '8' }, matchPayment(paid, foundSlot(), eth)).confirmed();
    const key = settlementId({ ...other, effect: 'slot', key: '8' });
    await world.write(settlement, settlementStream('demo', key), ...pending.events);
    const data = { account: id, refund: ref, settlement: key, slot: '8', amount: '1.00', currency: 'EUR', reason: 'x' };
    await world.write(account, accountStream('demo', id), {
      type: 'SettlementRefundDecided/1',
      data: { ...data, effectiveAt: '2026-03-02T00:00:00.000Z', postings: [] },
    });
    await expect(world.follow()).rejects.toThrow('no payment that is final');
    expect(await world.typed('RefundNumbered/1', 'RefundOrdered/1')).toEqual([]);
  });
});

describe('a refund in a token that the operator does not take any more', () => {
  const withoutTokens = { tokens: [] };

  it('gives the account its money again, tells the operator, and holds up nothing', async () => {
    await world.decide('30.25');
    await world.decide('30.25', 'ref_00000000-0000-5000-8000-000000000002');
    await world.follow(withoutTokens);
    const returned = await world.typed('SettlementRefundReturned/1');
    expect(returned).toMatchObject([
      { fin: { refund: ref, wallet: '30.25', failure: 'token_not_taken' } },
      { fin: { wallet: '30.25', failure: 'token_not_taken' } },
    ]);
    expect(world.undone).toMatchObject([
      { provider: 'demo', what: 'refund', reason: 'token_not_taken' },
      { provider: 'demo', what: 'refund', reason: 'token_not_taken' },
    ]);
    const [view] = (await new Refunds({ executor: world.executor(), transactions: new MemoryTransactionStore() }).of(
      'demo',
      settlementKey,
    ))!;
    expect(view).toMatchObject({ refund: ref, state: 'failed', failure: 'token_not_taken' });
  });

  it('is not paid when the token is taken again: the account has that money', async () => {
    await world.decide('30.25');
    await world.follow(withoutTokens);
    await world.follow();
    expect(await world.typed('RefundNumbered/1', 'RefundOrdered/1')).toEqual([]);
  });

  it('is paid, and not given back, when it was ordered before', async () => {
    await world.decide('30.25');
    await world.follow();
    await world.follow(withoutTokens);
    expect(await world.typed('SettlementRefundReturned/1')).toEqual([]);
    expect(world.undone).toEqual([]);
  });
});

describe('a refund that failed', () => {
  it('gives the account its money again, once, wherever it is killed, and may be decided anew', async () => {
    await world.decide('60.50');
    await world.follow();
    await world.fail('1', reverted);
    await world.followKilled();
    await world.follow();
    const returned = await world.typed('SettlementRefundReturned/1');
    expect(returned).toHaveLength(1);
    expect(returned[0]).toMatchObject({ fin: { refund: ref, wallet: '60.50', failure: `reverted: ${reverted.error}` } });
    expect(await world.typed('RefundOrdered/1')).toHaveLength(1);
    await world.decide('60.50', 'ref_00000000-0000-5000-8000-000000000002');
    await world.follow();
    expect((await world.typed('RefundOrdered/1')).map(({ stream }) => stream)).toEqual([
      'demo.dispatch-refund.1',
      'demo.dispatch-refund.2',
    ]);
  });

  describe('because its number is taken', () => {
    beforeEach(async () => {
      await world.decide('60.50');
      await world.follow();
      await world.fail('1', taken);
    });

    it('waits for what the chain shows, and was paid where that is the refund', async () => {
      await world.follow();
      expect(await world.typed('SettlementRefundReturned/1')).toEqual([]);
      const [ordered] = await world.typed('RefundOrdered/1');
      await world.show((ordered!.fin as unknown as RefundOrdered).tokenUnits);
      await world.follow();
      expect(await world.typed('SettlementRefundReturned/1')).toEqual([]);
    });

    it('is given back where somebody else paid under it', async () => {
      await world.show('5');
      await world.follow();
      await world.follow();
      expect(await world.typed('SettlementRefundReturned/1')).toHaveLength(1);
    });
  });
});
