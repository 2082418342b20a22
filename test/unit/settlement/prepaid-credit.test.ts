import { describe, expect, it } from '@jest/globals';
import type { EffectOf } from '../../../services/settlement/domain/chain-effect.ts';
import { creditTokenIn, creditTokens, recordCreditToken } from '../../../services/settlement/domain/credit-token.ts';
import { endOfEpoch, epochOf, isExpired } from '../../../services/settlement/domain/credit-epoch.ts';
import type { CreditShare } from '../../../services/settlement/domain/credit-holding.ts';
import { creditHolder, nameCreditHolder } from '../../../services/settlement/domain/credit-holder.ts';
import { matchCreditRefund, matchExpiry, matchIssue } from '../../../services/settlement/domain/credit-match.ts';
import { matchRedemption, offerRedemption } from '../../../services/settlement/domain/redemption.ts';
import type { SettlementSubject } from '../../../services/settlement/domain/settlement.events.ts';
import { askForQuote, moveSlot, releaseSlot } from '../../../services/settlement/domain/slot.decider.ts';
import type { RedemptionOffered, SlotEvent, SlotEvidence } from '../../../services/settlement/domain/slot.events.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import type { CreditHolderEvent, CreditTokenEvent } from '../../../services/settlement/domain/credit.events.ts';
import { given } from '../../support/given.ts';
import {
  creditContract,
  euroCredit,
  expired,
  holder,
  issued as creditIssued,
  knownHolder,
  orderedIssue,
  orderedRefund,
  otherAccount,
  redeemed,
  refunded,
  stranger,
  unknownHolder,
} from './credit.fixtures.ts';
import { EffectHistory } from './effect.fixtures.ts';
import { account, blockAt, elsewhere, issued, later, opened, place, quotedAt, slotOpened, usdc } from './slot.fixtures.ts';

const offer: RedemptionOffered = {
  ...{ seq: '7', chainId: place.chainId, contract: creditContract, holder, units: '6050', invoiceRef: opened.invoiceRef },
};
const named = (address: string, of: string): CreditHolderEvent => ({ type: 'CreditHolderNamed/1', data: { holder: address, account: of } });
const offered: SlotEvent = { type: 'RedemptionOffered/1', data: offer };
const offeredSlot = given(slot, [slotOpened(), offered]).state;
const asIssue = (changes = {}) => creditIssued(changes) as EffectOf<'CreditIssued'>;
const asRedemption = (changes = {}) => redeemed({ invoiceRef: opened.invoiceRef, ...changes }) as EffectOf<'CreditRedeemed'>;
const asExpiry = (changes = {}) => expired(changes) as EffectOf<'CreditExpired'>;
const asRefund = (changes = {}) => refunded(changes) as EffectOf<'CreditRefunded'>;
const redemptionOf = (effect: EffectOf<'CreditRedeemed'>, whose = knownHolder, of = offeredSlot) =>
  matchRedemption(effect, { slot: of, holder: whose, token: euroCredit });

/** One line a posting of what the effect ends with. */
function posted(
  effect: Parameters<EffectHistory['observed']>[0],
  subject: SettlementSubject,
  creditShares?: readonly CreditShare[],
): string[] {
  const context = { token: euroCredit, ...(creditShares !== undefined && { creditShares }) };
  const { data } = new EffectHistory().observed(effect, subject).finalized(context).events.at(-1)!;
  if (!('postings' in data)) return [];
  return data.postings.map(({ account: at, amount, currency, direction }) => `${direction} ${at} ${amount} ${currency}`);
}

describe('credit that is given out', () => {
  it('is owed as what can be spent, and not as what waits for it any more', () =>
    expect(posted(asIssue(), matchIssue(asIssue(), orderedIssue))).toEqual([
      `debit liability:credit-unissued:${account} 50.00 EUR`,
      `credit liability:credit:${account} 50.00 EUR`,
    ]));

  it.each([
    ['another holder', { to: stranger }],
    ['a unit more', { amount: '5001' }],
    ['another month', { epoch: '83' }],
    ['another reference', { ref: `0x${'00'.repeat(32)}` }],
    ['another number', { seq: '8' }],
  ])('[SET-A37] to %s was ordered by nobody: owed all the same, and in suspense', (_, changes) => {
    const effect = asIssue(changes);
    const subject = matchIssue(effect, orderedIssue);
    expect(subject).toEqual({ unmatched: 'issue_unknown' });
    const amount = 'amount' in changes ? '50.01' : '50.00';
    expect(posted(effect, subject)).toEqual([`debit liability:suspense ${amount} EUR`, `credit liability:credit ${amount} EUR`]);
  });

  it('[SET-A37] without any order was issued by a stolen key', () =>
    expect(matchIssue(asIssue(), { status: 'none' })).toEqual({ unmatched: 'issue_unknown' }));

  it('in a token that the ledger cannot count is told, and posts nothing', () => {
    const history = new EffectHistory().observed(asIssue(), { unmatched: 'issue_unknown' }).finalized({});
    expect(history.events.at(-1)?.data).toMatchObject({ reason: 'token_unknown', postings: [] });
  });
});

describe('credit that is spent', () => {
  it('on what was offered pays it', () => {
    const subject = redemptionOf(asRedemption());
    expect(subject.credit).toMatchObject({ account, slot: '7', purpose: opened.purpose, amount: '60.50', currency: 'EUR', holder });
    expect(posted(asRedemption(), subject)).toEqual([
      `debit liability:credit:${account} 60.50 EUR`,
      `credit liability:payment-pending:${account} 60.50 EUR`,
    ]);
  });

  it.each([
    ['a unit less than was offered', asRedemption({ amount: '6049' }), '60.49'],
    ['one unit', asRedemption({ amount: '1' }), '0.01'],
    ['another reference', asRedemption({ invoiceRef: `0x${'01'.repeat(32)}` }), '60.50'],
    ['a slot that was offered to somebody else', asRedemption({ holder: stranger }), '60.50'],
  ])("[SET-A38] on %s goes to the holder's wallet and pays nothing", (_, effect, amount) => {
    const whose = given(creditHolder, [named(effect.log.holder, otherAccount)]).state;
    const { credit } = redemptionOf(effect, whose);
    expect(credit).toEqual({ holder: effect.log.holder, account: otherAccount, amount, currency: 'EUR', units: effect.log.amount });
  });

  it("on a slot that does not exist goes to the holder's wallet", () =>
    expect(redemptionOf(asRedemption(), knownHolder, slot.initial).credit).toEqual({
      ...{ holder, account, amount: '60.50', currency: 'EUR', units: '6050' },
    }));

  it('by an address that the ledger gave none to is taken out of suspense', () => {
    const subject = redemptionOf(asRedemption(), unknownHolder);
    expect(subject).toEqual({ unmatched: 'holder_unknown' });
    expect(posted(asRedemption(), subject)).toEqual(['credit liability:suspense 60.50 EUR', 'debit liability:credit 60.50 EUR']);
  });
});

describe('credit that is over', () => {
  it('is earned when it is burnt', () =>
    expect(posted(asExpiry(), matchExpiry(asExpiry(), knownHolder, euroCredit))).toEqual([
      `debit liability:credit:${account} 12.50 EUR`,
      'credit revenue:breakage 12.50 EUR',
    ]));

  it('and was never sold is taken out of suspense, and earned by nobody', () =>
    expect(posted(asExpiry(), matchExpiry(asExpiry(), unknownHolder, euroCredit))).toEqual([
      'credit liability:suspense 12.50 EUR',
      'debit liability:credit 12.50 EUR',
    ]));
});

describe('credit that is taken back', () => {
  it('is owed in money', () =>
    expect(posted(asRefund(), matchCreditRefund(asRefund(), orderedRefund))).toEqual([
      `debit liability:credit:${account} 20.00 EUR`,
      `credit liability:refund-payable:${account} 20.00 EUR`,
    ]));

  it.each([
    ['of somebody else', { holder: stranger }],
    ['a unit more', { amount: '2001' }],
    ['under another number', { seq: '4' }],
    ['for another reason', { ref: `0x${'00'.repeat(32)}` }],
  ])('%s was decided by nobody, and is in suspense', (_, changes) => {
    const effect = asRefund(changes);
    const subject = matchCreditRefund(effect, orderedRefund);
    expect(subject).toEqual({ unmatched: 'credit_refund_unknown' });
    expect(posted(effect, subject)[0]).toMatch(/^credit liability:suspense /);
  });
});

describe('credit that accounts share an address for', () => {
  const of = (units: bigint, whose: string | undefined = otherAccount): CreditShare => ({ account: whose, units });
  const ended = (effect: Parameters<EffectHistory['observed']>[0], subject: SettlementSubject, creditShares: readonly CreditShare[]) =>
    new EffectHistory().observed(effect, subject).finalized({ token: euroCredit, creditShares }).events.at(-1)!;

  it('pays what it was offered for where all of it is of the account that pays', () =>
    expect(ended(asRedemption(), redemptionOf(asRedemption()), [of(6050n, account)]).data).toMatchObject({
      credit: { account, slot: '7', purpose: opened.purpose },
    }));

  it('pays nothing with what another account bought: that is money of each that had it', () => {
    const shares = [of(5000n), of(1000n, account), { account: undefined, units: 50n }];
    const { type, data } = ended(asRedemption(), redemptionOf(asRedemption()), shares);
    expect(type).toBe('SettlementFinalized/1');
    const { credit } = data as { credit?: object };
    expect(credit).toEqual({
      ...{ holder, account: otherAccount, amount: '60.50', currency: 'EUR', units: '6050' },
      shares: [
        { account: otherAccount, amount: '50.00', units: '5000' },
        { account, amount: '10.00', units: '1000' },
        { amount: '0.50', units: '50' },
      ],
    });
    expect(posted(asRedemption(), redemptionOf(asRedemption()), shares)).toEqual([
      `debit liability:credit:${otherAccount} 50.00 EUR`,
      `credit liability:payment-pending:${otherAccount} 50.00 EUR`,
      `debit liability:credit:${account} 10.00 EUR`,
      `credit liability:payment-pending:${account} 10.00 EUR`,
      'credit liability:suspense 0.50 EUR',
      'debit liability:credit 0.50 EUR',
    ]);
  });

  it('is of the one that had it where it was spent on nothing, and of nobody where nobody had', () => {
    const nothing = asRedemption({ amount: '1' });
    expect(ended(nothing, redemptionOf(nothing), [of(1n)]).data).toMatchObject({ credit: { account: otherAccount, amount: '0.01' } });
    expect(ended(nothing, redemptionOf(nothing), [{ account: undefined, units: 1n }])).toMatchObject({ type: 'ReceiptUnmatched/1' });
  });

  it('is lost by each as it is over', () =>
    expect(posted(asExpiry(), matchExpiry(asExpiry(), knownHolder, euroCredit), [of(1000n), of(250n, account)])).toEqual([
      `debit liability:credit:${otherAccount} 10.00 EUR`,
      'credit revenue:breakage 10.00 EUR',
      `debit liability:credit:${account} 2.50 EUR`,
      'credit revenue:breakage 2.50 EUR',
    ]));

  it('is taken back as far as it is of the account that this was decided for; the rest is money of who had it', () => {
    const subject = matchCreditRefund(asRefund(), orderedRefund);
    expect(ended(asRefund(), subject, [of(1500n), of(500n, account)]).data).toMatchObject({
      credit: { account, slot: '7', shares: [{}, {}] },
    });
    expect(posted(asRefund(), subject, [of(1500n), of(500n, account)])).toEqual([
      `debit liability:credit:${otherAccount} 15.00 EUR`,
      `credit liability:payment-pending:${otherAccount} 15.00 EUR`,
      `debit liability:credit:${account} 5.00 EUR`,
      `credit liability:refund-payable:${account} 5.00 EUR`,
    ]);
    expect(ended(asRefund(), subject, [of(2000n)]).data).toMatchObject({ credit: { account, shares: [{ account: otherAccount }] } });
  });

  it('[SET-A37] that a stolen refunder burns is missing of those who had it', () =>
    expect(posted(asRefund(), { unmatched: 'credit_refund_unknown' }, [of(1500n), of(500n, account)])).toEqual([
      'credit liability:suspense 15.00 EUR',
      `debit liability:credit:${otherAccount} 15.00 EUR`,
      'credit liability:suspense 5.00 EUR',
      `debit liability:credit:${account} 5.00 EUR`,
    ]));
});

describe('an offer to pay with credit', () => {
  const unquoted = { kind: 'unquoted' } as const;
  const unpaidAt = (time: string): SlotEvidence => ({ kind: 'unpaid', block: blockAt(time) });
  const asked = (events: readonly SlotEvent[], now = quotedAt, evidence: SlotEvidence = unquoted, by = holder) =>
    given(slot, events).when((state) => offerRedemption(state, { ...offer, holder: by, reorgWindowSeconds: '240', evidence }, now));
  const endsAt = (instant: string) => String(Date.parse(instant) / 1000);
  const live: SlotEvent = {
    type: 'RedemptionOffered/1',
    data: { ...offer, deadline: endsAt(later(600)), reorgWindowSeconds: '240' },
  };

  it('is written down, with its end', () => {
    const [event] = asked([slotOpened()]).thenAccepts('RedemptionOffered/1');
    expect(event?.data).toEqual({ ...offer, deadline: endsAt(later(600)), reorgWindowSeconds: '240' });
  });
  it('is made once to a holder, and again when little is left of it, or it had no end', () => {
    asked([slotOpened(), live], later(299)).thenRepeats(1n);
    asked([slotOpened(), live], later(300)).thenAccepts('RedemptionOffered/1');
    asked([slotOpened(), offered]).thenAccepts('RedemptionOffered/1');
  });
  it('is made to one holder at a time, until what the first may have spent can be replaced no more', () => {
    asked([slotOpened(), live], later(839), unquoted, stranger).thenRejects({ code: 'redemption_live', until: later(840) });
    asked([slotOpened(), live], later(840), unquoted, stranger).thenAccepts('RedemptionOffered/1');
  });
  it('lets nothing be quoted, moved or given up meanwhile', () => {
    const { chainId, contract } = place;
    const begun = given(slot, [slotOpened(), live]);
    const token = { chainId, contract, token: usdc, payer: stranger };
    const bound = { code: 'redemption_live', until: later(840) } as const;
    expect(askForQuote(begun.state, token, later(839))).toEqual({ kind: 'rejected', rejection: bound });
    expect(askForQuote(begun.state, token, later(840))).toEqual({ kind: 'free' });
    begun.when((state) => releaseSlot(state, unquoted, later(839))).thenRejects(bound);
    begun.when((state) => releaseSlot(state, unquoted, later(840))).thenAccepts('SlotClosed/1');
    begun
      .when((state) => moveSlot(state, { to: { module: 'settlement', ...elsewhere }, evidence: unquoted }, later(839)))
      .thenRejects(bound);
  });
  it('is made for an hour, and then for two hours quotes come first, whoever asks', () => {
    const from = (at: number): SlotEvent => ({
      type: 'RedemptionOffered/1',
      data: { ...offer, deadline: endsAt(later(at + 600)), reorgWindowSeconds: '240' },
    });
    const turn = [slotOpened(), from(0), from(1200), from(2400), from(3590)];
    const rests = { code: 'redemption_too_early', notBefore: later(3590 + 840 + 7200) } as const;
    asked(turn, later(3595)).thenRepeats(4n);
    asked(turn, later(4189)).thenRepeats(4n);
    asked(turn, later(4190)).thenRejects(rests);
    for (const by of [holder, stranger]) asked(turn, later(4430), unquoted, by).thenRejects(rests);
    const token = { ...place, token: usdc, payer: stranger };
    expect(askForQuote(given(slot, turn).state, token, later(4430))).toEqual({ kind: 'free' });
    asked(turn, later(11_629)).thenRejects(rests);
    asked(turn, later(11_630)).thenAccepts('RedemptionOffered/1');
    asked([...turn, from(11_630)], later(11_630 + 3599)).thenAccepts('RedemptionOffered/1');
    asked([slotOpened(), from(0)], later(3600)).thenRejects({ code: 'redemption_too_early', notBefore: later(840 + 7200) });
    // What was offered before there was an end stands in the way of nothing.
    asked([slotOpened(), offered], later(3600)).thenAccepts('RedemptionOffered/1');
  });
  it('is not made for a slot that is none', () => asked([]).thenRejects({ code: 'slot_not_found' }));
  it('is not made for a slot that is closed', () =>
    asked([slotOpened(), { type: 'SlotClosed/1', data: { seq: '7', reason: 'settled' } }]).thenRejects({
      code: 'slot_closed',
      reason: 'settled',
    }));
  it('is not made for a purchase that the escrow holds', () =>
    asked([slotOpened({ module: 'escrow' })]).thenRejects({ code: 'slot_elsewhere', ...place }));
  it.each(['credit', 'deposit'] as const)('is not made for a %s, which could be had for ever by it', (kind) =>
    asked([slotOpened({ purpose: { kind, order: 'ord_1' } })]).thenRejects({ code: 'slot_not_redeemable', kind }),
  );
  it('is not made while a quote may still land', () =>
    asked([slotOpened(), issued()]).thenRejects({ code: 'slot_bound', until: later(840) }));
  it('is made when the chain says that no quote landed and none can any more', () => {
    const quoted = [slotOpened(), issued()];
    asked(quoted, later(840)).thenRejects({ code: 'slot_bound', until: later(840) });
    asked(quoted, later(839), unpaidAt(later(599))).thenRejects({ code: 'slot_bound', until: later(840) });
    asked(quoted, later(840), unpaidAt(later(1))).thenAccepts('RedemptionOffered/1');
    const [event] = asked(quoted, later(601), unpaidAt(later(600))).thenAccepts('RedemptionOffered/1');
    expect(event?.data).toMatchObject({ evidence: { kind: 'unpaid' } });
    asked(quoted, later(1), { kind: 'cancelled', block: blockAt(quotedAt) }).thenAccepts('RedemptionOffered/1');
  });
  it('is kept late only where nothing else was offered since', () => {
    const late = asRedemption();
    const until = (deadline: string): SlotEvent => ({
      type: 'RedemptionOffered/1',
      data: { ...offer, deadline, reorgWindowSeconds: '240' },
    });
    const ended = until(endsAt(late.block.time));
    const of = (...events: SlotEvent[]) => redemptionOf(late, knownHolder, given(slot, [slotOpened(), ...events]).state).credit;
    expect(of(ended)).toMatchObject({ slot: '7' });
    expect(of(ended, issued())?.slot).toBeUndefined();
    const inTime = endsAt(new Date(Date.parse(late.block.time) + 1000).toISOString());
    expect(of(until(inTime), issued())).toMatchObject({ slot: '7' });
  });
});

describe('what the ledger knows of credit', () => {
  const log = { name: 'CreditCreated', fields: { token: creditContract, currency: '0x455552', decimals: '2' } } as const;
  const data = creditTokenIn({ chainId: '31337', tx: '0x1' }, log);
  const recorded = (changes: Partial<typeof data> = {}): CreditTokenEvent => ({
    type: 'CreditTokenRecorded/1',
    data: { ...data, ...changes },
  });
  it('is the token that the factory made', () =>
    expect(given(creditTokens, [recorded()]).state.recorded).toEqual([{ contract: creditContract, token: euroCredit, revision: 0n }]));
  it('is recorded once', () =>
    given(creditTokens, [recorded()])
      .when((state) => recordCreditToken(state, data))
      .thenRepeats(0n));
  it('knows no token of a currency that it does not keep', () =>
    expect(given(creditTokens, [recorded({ currency: 'XXX' })]).state.recorded[0]?.token).toBe(undefined));
  it('names a holder once for each account, the first of them for good', () => {
    const scenario = given(creditHolder, [named(holder, account), named(holder, otherAccount)]);
    expect(scenario.state.accounts[0]).toBe(account);
    scenario.when((state) => nameCreditHolder(state, { holder, account: otherAccount })).thenRepeats(1n);
  });
});

describe('months of credit', () => {
  it.each([
    ['2020-01-01T00:00:00.000Z', 0],
    ['2020-12-31T23:59:59.999Z', 11],
    ['2026-11-26T00:00:00.000Z', 82],
  ])('%s is month %i', (instant, epoch) => expect(epochOf(instant)).toBe(epoch));
  it('end with the last moment of the month', () => expect(endOfEpoch(83)).toBe('2027-01-01T00:00:00.000Z'));
  it('are burnt after a month of grace', () =>
    expect(['2026-12-31T00:00:00.000Z', '2027-01-31T23:59:59.000Z', '2027-02-01T00:00:00.000Z'].map((now) => isExpired(83, now))).toEqual([
      false,
      false,
      true,
    ]));
});
