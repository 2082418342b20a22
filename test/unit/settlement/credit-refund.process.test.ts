import { beforeEach, describe, expect, it } from '@jest/globals';
import { accountStream } from '../../../services/accounts/application/account-command.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { refundSettlement } from '../../../services/accounts/domain/refunding.decider.ts';
import { CreditRefunds } from '../../../services/settlement/application/credit/credit-refunds.ts';
import { creditHoldingStream } from '../../../services/settlement/application/credit/credit-streams.ts';
import { settlementStream, slotStream } from '../../../services/settlement/application/settlement-streams.ts';
import { settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { creditHolding } from '../../../services/settlement/domain/credit-holding.ts';
import { reverse } from '../../../services/settlement/domain/settlement.decider.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { boughtBy, CreditWorld, refund } from './credit-refund.fixtures.ts';
import { creditContract, holder } from './credit.fixtures.ts';
import { account as id, place, slotOpened } from './slot.fixtures.ts';

const short = { code: 'reverted', error: 'ERC20InsufficientBalance(0xab, 1, 2000)' } as const;
const taken = { code: 'reverted', error: 'PrepaidCreditSeqUsed(1)' } as const;
const wallet = `liability:wallet:${id}:overpaid`;
const owed = `liability:credit:${id}`;
const payable = `liability:refund-payable:${id}`;

let world: CreditWorld;
beforeEach(async () => {
  world = await CreditWorld.open();
});
const viewsOf = (payment: string) =>
  new CreditRefunds({ executor: world.executor(), transactions: { find: () => Promise.resolve(undefined) } }).of('demo', payment);
const states = async () => {
  const views = await viewsOf(boughtBy);
  return views?.map(({ state, failure }) => (failure === undefined ? state : `${state}: ${failure}`));
};

describe('asking for credit to be taken back', () => {
  it('is answered with the code of what stands against it', async () => {
    expect(await world.refund('20', { of: `31337.0x${'00'.repeat(20)}.slot.9` })).toBe('settlement_not_found');
    expect(await world.refund('50.01')).toBe('refund_above_payment');
    world = await CreditWorld.open({ isIssued: false });
    expect(await world.refund('20')).toBe('credit_not_issued');
    expect(await world.typed('CreditRefundDecided/1')).toEqual([]);
  });

  it('is refused of a second payment of the slot, which bought nothing and lies in the wallet', async () => {
    const of = await world.paidAgain();
    expect(await world.refund('20', { of })).toBe('credit_not_issued');
    expect(await viewsOf(of)).toEqual([]);
  });

  it('leaves what is to be taken back of another purchase: it would be another account’s that is burnt under a shared address', async () => {
    const at = { chainId: place.chainId, contract: creditContract, holder, effectiveAt: '2026-03-01T00:00:00.000Z' };
    const move = (name: 'CreditIssued' | 'CreditRedeemed', key: string, epoch: string, units: string) =>
      ({
        type: 'CreditMoved/1',
        data: { ...at, name, settlement: `${place.chainId}.${creditContract}.${key}`, changes: [{ epoch, account: id, units }] },
      }) as const;
    const moves = [move('CreditIssued', 'issue.8', '85', '3000'), move('CreditRedeemed', 'redeem.x.9', '84', '-5000')];
    await world.write(creditHolding, creditHoldingStream('demo', at), ...moves);
    const decided = { seq: '8', refund: refund(2), account: id, holder, amount: '30.00', currency: 'EUR', reason: 'moves away' };
    await world.write(slot, slotStream('demo', '8'), slotOpened({ seq: '8' }), { type: 'CreditRefundDecided/1', data: decided });
    expect(await world.refund('20')).toBe('nothing_to_refund');
  });

  it('is decided once, however often it is asked', async () => {
    expect([await world.refund('20'), await world.refund('20')]).toEqual(['accepted', 'accepted']);
    expect(await world.typed('CreditRefundDecided/1')).toHaveLength(1);
    expect(await states()).toEqual(['decided']);
  });
});

describe('from a decision to burnt credit', () => {
  it('is one number and one order, under the contract and of the holder that it was given out to', async () => {
    await world.refund('20');
    await world.follow();
    const [ordered] = await world.typed('CreditRefundOrdered/1');
    expect(ordered).toMatchObject({
      stream: 'demo.dispatch-creditrefund.1',
      fin: { contract: creditContract, providerId: '11', refund: refund(), refundSeq: '1', slot: '7', account: id, holder, units: '2000' },
    });
    expect(await states()).toEqual(['ordered']);
  });

  it('resumes wherever it is killed, orders once, and brings the money to the wallet once', async () => {
    await world.refund('20');
    await world.refund('30', { number: 2 });
    expect(await world.followKilled()).toBeGreaterThan(8);
    await world.follow();
    expect((await world.typed('RefundNumbered/1')).map(({ fin }) => fin)).toMatchObject([{ refundSeq: '1' }, { refundSeq: '2' }]);
    expect(await world.typed('CreditRefundOrdered/1')).toHaveLength(2);
    await world.show('2000');
    expect([await world.balance(owed), await world.balance(payable)]).toEqual(['-30.00', '-20.00']);
    await world.followKilled();
    await world.follow();
    expect(await world.typed('CreditTakenBack/1')).toMatchObject([{ fin: { refund: refund(), settlement: boughtBy, amount: '20.00' } }]);
    expect([await world.balance(payable), await world.balance(wallet)]).toEqual(['0.00', '-20.00']);
    expect(await states()).toEqual(['final', 'ordered']);
  });

  it('may then be paid back as money of the payment that bought it, and no more than that', async () => {
    await world.refund('20');
    await world.follow();
    await world.show('2000');
    await world.follow();
    const asked = { refund: 'ref_back', settlement: boughtBy, reason: 'moves away', effectiveAt: '2026-03-02T00:00:00.000Z' };
    await world.act(account, accountStream('demo', id), (state) => refundSettlement(state, asked));
    expect((await world.typed('SettlementRefundDecided/1'))[0]?.fin).toMatchObject({ amount: '20.00', slot: '7' });
    expect([await world.balance(wallet), await world.balance(payable)]).toEqual(['0.00', '-20.00']);
    const more = world.act(account, accountStream('demo', id), (state) => refundSettlement(state, { ...asked, refund: 'ref_more' }));
    await expect(more).rejects.toThrow('nothing_to_refund');
  });
});

describe('credit that was burnt in a block that is gone', () => {
  it('is not the money of the customer any more, told once wherever the process is killed, and cannot be paid back', async () => {
    await world.refund('20');
    await world.follow();
    await world.show('2000');
    await world.follow();
    const [burnt] = await world.typed('CreditRefundOrdered/1');
    const key = settlementId({
      chainId: place.chainId,
      contract: creditContract,
      effect: 'credit-refund',
      key: burnt!.fin['refundSeq'] as string,
    });
    const why = { reason: 'The chain went back.', effectiveAt: '2026-03-03T00:00:00.000Z' };
    await world.act(settlement, settlementStream('demo', key), (state) => reverse(state, why));
    await world.followKilled();
    await world.follow();
    expect(await world.typed('CreditTakenBackReversed/1')).toMatchObject([
      { fin: { refund: refund(), wallet: '20.00', reason: why.reason } },
    ]);
    expect([await world.balance(wallet), await world.balance(payable), await world.balance(owed)]).toEqual(['0.00', '0.00', '-50.00']);
    const asked = { refund: 'ref_back', settlement: boughtBy, reason: 'moves away', effectiveAt: '2026-03-04T00:00:00.000Z' };
    const paidOut = world.act(account, accountStream('demo', id), (state) => refundSettlement(state, asked));
    await expect(paidOut).rejects.toThrow('nothing_to_refund');
  });
});

describe('credit that could not be taken back', () => {
  it('is free to be decided anew under another number, once, wherever the process is killed', async () => {
    await world.refund();
    await world.follow();
    await world.fail('1', short);
    expect(await world.refund('1', { number: 2 })).toBe('nothing_to_refund');
    await world.followKilled();
    await world.follow();
    expect((await world.typed('CreditRefundFailed/1')).map(({ fin }) => fin)).toEqual([
      { seq: '7', refund: refund(), failure: `reverted: ${short.error}` },
    ]);
    expect(await states()).toEqual([`failed: reverted: ${short.error}`]);
    expect(await world.refund('20', { number: 3 })).toBe('accepted');
    await world.follow();
    expect((await world.typed('CreditRefundOrdered/1')).map(({ stream }) => stream)).toEqual([
      'demo.dispatch-creditrefund.1',
      'demo.dispatch-creditrefund.2',
    ]);
    expect([await world.balance(owed), await world.balance(payable)]).toEqual(['-50.00', '0.00']);
  });

  it('is in suspense where somebody burns it all the same', async () => {
    await world.refund('20');
    await world.follow();
    await world.fail('1', short);
    await world.show('2000');
    await world.follow();
    expect([await world.balance('liability:suspense'), await world.balance(wallet)]).toEqual(['-20.00', '0.00']);
  });

  describe('because its number is taken', () => {
    beforeEach(async () => {
      await world.refund('20');
      await world.follow();
      await world.fail('1', taken);
    });

    it('waits for what the chain shows, and was taken back where that is it', async () => {
      await world.follow();
      expect(await world.typed('CreditRefundFailed/1')).toEqual([]);
      await world.show('2000');
      await world.follow();
      expect(await world.typed('CreditRefundFailed/1')).toEqual([]);
      expect(await world.typed('CreditTakenBack/1')).toHaveLength(1);
      expect(await states()).toEqual(['final']);
    });

    it('came to nothing where somebody else used it', async () => {
      await world.show('1');
      await world.follow();
      await world.follow();
      expect(await world.typed('CreditRefundFailed/1')).toHaveLength(1);
      expect(await world.typed('CreditTakenBack/1')).toEqual([]);
    });
  });
});
