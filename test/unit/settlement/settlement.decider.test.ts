import { describe, expect, it } from '@jest/globals';
import { mirrored } from '../../../services/money/posting.ts';
import { allocateReceipt } from '../../../services/settlement/domain/allocating.decider.ts';
import { type ChainEffect, type EffectKind, type LogsByEffect, observationKey } from '../../../services/settlement/domain/chain-effect.ts';
import { matchPayment, type PaidEffect } from '../../../services/settlement/domain/settlement-match.ts';
import { crossRate } from '../../../services/settlement/domain/reference-rate.ts';
import { confirm, finalize, observe, reorg, reverse } from '../../../services/settlement/domain/settlement.decider.ts';
import { settlement, standingOf } from '../../../services/settlement/domain/settlement.ts';
import { given } from '../../support/given.ts';
import { block, dollar, EffectHistory, effectOf, eth, foundSlot, payer, purchase, rateOf, settled, treasury } from './effect.fixtures.ts';
import { account, usdc } from './slot.fixtures.ts';

const effect = settled();
const subject = matchPayment(effect as PaidEffect, foundSlot(), eth);
const observation = observationKey(effect);
const paid = () => new EffectHistory().observed(effect, subject);
const chain = '31337';

/** One line a posting: what the tables of this file compare. */
function lines(history: EffectHistory): string[] {
  const { data } = history.events.at(-1)!;
  if (!('postings' in data)) return [];
  return data.postings.map(({ account: place, amount, currency, direction }) => `${direction} ${place} ${amount} ${currency}`);
}

describe('a payment on chain', () => {
  it('posts nothing when it is seen', () => expect(lines(paid())).toEqual([]));

  it('is in transit when it is deep enough', () =>
    expect(lines(paid().confirmed())).toEqual([
      `debit asset:crypto:in-transit:${chain} 60.50 EUR`,
      `credit liability:payment-pending:${account} 60.50 EUR`,
    ]));

  it("[J1] is worth what the token is worth at its block's time; the difference is a gain", () =>
    expect(
      lines(
        paid()
          .confirmed()
          .finalized({ token: eth, rate: rateOf('ETH', '3100') }),
      ),
    ).toEqual([
      `debit asset:crypto:treasury:${chain} 63.16002 EUR`,
      `credit asset:crypto:in-transit:${chain} 60.50 EUR`,
      'credit revenue:fx-gain 2.66002 EUR',
      `debit asset:crypto:treasury:${chain}:ETH 0.020374200000000000 ETH`,
      'credit equity:conversion:ETH 0.020374200000000000 ETH',
    ]));

  it('[J1] stores the rate with its source and time, and what was gained or lost by it', () => {
    const history = paid()
      .confirmed()
      .finalized({ token: eth, rate: rateOf('ETH', '2900') });
    expect(history.events.at(-1)?.data).toMatchObject({
      value: { rate: { base: 'ETH', currency: 'EUR', rate: '2900', source: 'table', at: '2026-03-01T12:04:00.000Z' }, gain: '-1.41482' },
    });
    expect(lines(history)).toContain('debit expense:fx-loss 1.41482 EUR');
  });

  it('[J1] goes into books in another currency at what both were worth, and balances in each', () => {
    const exchange = new Map([['EUR', { ...rateOf('EUR', '1.1'), currency: 'USD' }]]);
    const withFee = settled({ fee: '203742000000000' });
    const history = new EffectHistory().observed(withFee, matchPayment(withFee as PaidEffect, foundSlot(), eth)).confirmed();
    expect(lines(history.finalized({ token: eth, rate: { ...rateOf('ETH', '3300'), currency: 'USD' }, exchange }))).toEqual([
      `debit asset:crypto:treasury:${chain} 66.562511 USD`,
      'debit expense:payment-fee 0.672349 USD',
      `credit asset:crypto:in-transit:${chain} 60.50 EUR`,
      'debit equity:conversion:EUR 60.50 EUR',
      'credit equity:conversion:EUR 66.55 USD',
      'credit revenue:fx-gain 0.68486 USD',
      `debit asset:crypto:treasury:${chain}:ETH 0.020170458000000000 ETH`,
      'credit equity:conversion:ETH 0.020170458000000000 ETH',
    ]);
    expect(history.events.at(-1)?.data).toMatchObject({ value: { exchange: { amount: '66.55', rate: { base: 'EUR', rate: '1.1' } } } });
  });

  it('[J1] compares two currencies by a token that has a rate in both', () => {
    const dollars = { ...rateOf('ETH', '3300'), currency: 'USD', at: '2026-03-01T12:00:00.000Z' };
    expect(crossRate(dollars, rateOf('ETH', '2900'))).toEqual({
      ...{ base: 'EUR', currency: 'USD', rate: '1.137931034483', source: 'table/table:ETH', at: '2026-03-01T12:00:00.000Z' },
    });
    expect(crossRate(dollars, rateOf('ETH', '0'))).toBeUndefined();
    expect(crossRate({ ...dollars, rate: '0.000000000001' }, rateOf('ETH', '3'))).toBeUndefined();
  });

  it('pays the fee of the platform out of what came', () => {
    const withFee = settled({ fee: '203742000000000' });
    const history = new EffectHistory().observed(withFee, matchPayment(withFee as PaidEffect, foundSlot(), eth)).confirmed();
    expect(lines(history.finalized({ token: eth, rate: rateOf('ETH', '3000') }))).toEqual([
      `debit asset:crypto:treasury:${chain} 60.511374 EUR`,
      'debit expense:payment-fee 0.611226 EUR',
      `credit asset:crypto:in-transit:${chain} 60.50 EUR`,
      'credit revenue:fx-gain 0.6226 EUR',
      `debit asset:crypto:treasury:${chain}:ETH 0.020170458000000000 ETH`,
      'credit equity:conversion:ETH 0.020170458000000000 ETH',
    ]);
  });

  it('is credited against what is pending where it was never confirmed', () =>
    expect(lines(paid().finalized({ token: eth, rate: rateOf('ETH', '3000') }))).toContain(
      `credit liability:payment-pending:${account} 60.50 EUR`,
    ));

  it("is valued at the quote's own rate where no better one is known", () =>
    expect(paid().finalized().events.at(-1)?.data).toMatchObject({ value: { rate: { rate: '3000' } } }));

  it('is taken back exactly when its block is gone', () =>
    expect(lines(paid().confirmed().reorged())).toEqual([
      `credit asset:crypto:in-transit:${chain} 60.50 EUR`,
      `debit liability:payment-pending:${account} 60.50 EUR`,
    ]));

  it('comes again in the same block after the chain went to another one and back (A, B, A)', () => {
    const fork = settled({}, { block: block(10, 'b') });
    const history = paid().confirmed().reorged().observed(fork, subject).confirmed().reorged();
    history
      .observed(effect, subject)
      .confirmed()
      .finalized({ token: eth, rate: rateOf('ETH', '3000') });
    expect(history.events.map(({ type }) => type).filter((type) => type === 'SettlementObserved/1')).toHaveLength(3);
    expect(standingOf(history.state)).toBe('finalized');
  });

  it('changes nothing when it is told again', () => {
    const { events } = paid().confirmed();
    const scenario = given(settlement, events);
    scenario.when((state) => observe(state, { effect, subject })).thenRepeats(1n);
    scenario.when((state) => confirm(state, { observation, head: '20' })).thenRepeats(1n);
    given(settlement, paid().finalized().events)
      .when((state) => finalize(state, { observation, context: { token: eth } }))
      .thenRepeats(1n);
    given(settlement, paid().reorged().events)
      .when((state) => reorg(state, observation))
      .thenRepeats(1n);
  });

  it.each<[EffectKind, LogsByEffect[EffectKind]]>([
    ['capture', { name: 'EventCaptured', eventId: '900', token: usdc, amount: '9', fee: '0', treasury }],
    ['cancel', { name: 'EventCancelled', eventId: '900' }],
    ['purchase-refund', { name: 'PurchaseRefunded', eventId: '900', payer, seq: '8', token: usdc, amount: '9', to: payer }],
    ['issue', { name: 'CreditIssued', to: payer, seq: '8', amount: '9', epoch: '80', ref: `0x${'0'.repeat(64)}` }],
    ['redeem', { name: 'CreditRedeemed', holder: payer, invoiceRef: `0x${'0'.repeat(64)}`, seq: '8', amount: '9' }],
    ['log', { name: 'CreditExpired', holder: payer, amount: '9', epoch: '80' }],
  ])('takes an effect of the kind %s back that was not final, and takes it again in another block', (kind, log) => {
    const [here, there] = ['a', 'b'].map((fork) => effectOf(kind, '8', log, { block: block(10, fork) })) as [ChainEffect, ChainEffect];
    const history = new EffectHistory().observed(here, {}).reorged();
    expect(history.events.at(-1)).toMatchObject({ type: 'SettlementReorged/1', data: { from: 'observed', postings: [] } });
    expect([standingOf(history.state), standingOf(history.observed(there, {}).state)]).toEqual(['none', 'observed']);
  });

  it('stays when the loss of an earlier block is told late', () => {
    const fork = settled({}, { block: block(10, 'b') });
    given(settlement, paid().reorged().observed(fork, subject).events)
      .when((state) => reorg(state, observation))
      .thenRepeats(2n);
  });
});

describe('what the ledger does not take', () => {
  const other = observationKey(settled({}, { tx: '0x99' }));
  const taken = { code: 'settlement_key_taken', standing: observation, given: other } as const;

  it('another log for the same business key, while the first stands', () => {
    given(settlement, paid().events)
      .when((state) => observe(state, { effect: settled({}, { tx: '0x99' }), subject }))
      .thenRejects(taken);
    given(settlement, paid().finalized().events)
      .when((state) => observe(state, { effect: settled({}, { tx: '0x99' }), subject }))
      .thenRejects(taken);
  });

  it('confirm: rejects in this order what was not observed, what stands elsewhere, what is no payment', () => {
    for (const events of [[], paid().reorged().events]) {
      given(settlement, events)
        .when((state) => confirm(state, { observation, head: '12' }))
        .thenRejects({ code: 'settlement_not_observed' });
    }
    given(settlement, paid().events)
      .when((state) => confirm(state, { observation: other, head: '12' }))
      .thenRejects(taken);
    given(settlement, new EffectHistory().observed(effect, { unmatched: 'quote_unknown' }).events)
      .when((state) => confirm(state, { observation, head: '12' }))
      .thenRejects({ code: 'settlement_not_confirmable' });
  });

  it('finalize: rejects in this order what was not observed and what stands elsewhere', () => {
    given(settlement, [])
      .when((state) => finalize(state, { observation, context: {} }))
      .thenRejects({ code: 'settlement_not_observed' });
    given(settlement, paid().events)
      .when((state) => finalize(state, { observation: other, context: {} }))
      .thenRejects(taken);
  });

  it('reorg: rejects in this order what was not observed and what was final', () => {
    given(settlement, [])
      .when((state) => reorg(state, observation))
      .thenRejects({ code: 'settlement_not_observed' });
    given(settlement, paid().finalized().events)
      .when((state) => reorg(state, observation))
      .thenRejects({ code: 'settlement_final' });
  });
});

describe('what was final and is gone', () => {
  const why = { reason: 'The chain went back.', effectiveAt: '2026-03-03T00:00:00.000Z' };

  it('takes back everything that was posted for it, and may come again', () => {
    const history = paid()
      .confirmed()
      .finalized({ token: eth, rate: rateOf('ETH', '3100') });
    const posted = history.events.flatMap(({ data }) => ('postings' in data ? data.postings : []));
    history.did((state) => reverse(state, why));
    expect(history.events.at(-1)).toMatchObject({
      type: 'SettlementReversed/1',
      data: { name: 'Settled', from: 'finalized', payment: { slot: '7' }, ...why, postings: mirrored(posted) },
    });
    given(settlement, history.events)
      .when((state) => reverse(state, why))
      .thenRepeats(3n);
    history.observed(settled({}, { block: block(10, 'b') }), subject).finalized();
    expect(standingOf(history.state)).toBe('finalized');
  });

  it('takes back a stray, and says to whom staff had given it', () => {
    const minted = settled({ fiatMinor: '100000000' });
    const history = new EffectHistory().observed(minted, matchPayment(minted as PaidEffect, foundSlot(), eth)).finalized();
    const other = 'acc_00000000-0000-5000-8000-000000000009';
    const rate = rateOf('ETH', '3000');
    history.did(
      (state) =>
        allocateReceipt(state, { account: other, rate, reason: 'theirs', effectiveAt: why.effectiveAt }) as ReturnType<typeof observe>,
    );
    const posted = history.events.flatMap(({ data }) => ('postings' in data ? data.postings : []));
    history.did((state) => reverse(state, why));
    expect(history.events.at(-1)?.data).toMatchObject({ from: 'allocated', account: other, postings: mirrored(posted) });
  });

  it('takes nobody to decide where it was only written down, and somebody where money or a slot hangs on it', () => {
    const alone = { ...why, reason: undefined };
    const approved = effectOf('log', `0x${'1'.repeat(64)}.0`, { name: 'MandateApproved', fields: {} });
    const history = new EffectHistory().observed(approved, {}).finalized();
    history.did((state) => reverse(state, alone));
    expect(history.events.at(-1)?.data).not.toHaveProperty('reason');
    const cancelled = effectOf('slot', '7', { name: 'SeqCancelled', seq: '7', by: payer });
    for (const { events } of [paid().finalized(), new EffectHistory().observed(cancelled, {}).finalized()])
      given(settlement, events)
        .when((state) => reverse(state, alone))
        .thenRejects({ code: 'settlement_final' });
  });

  it('is lost like anything else while it is not final', () => {
    given(settlement, [])
      .when((state) => reverse(state, why))
      .thenRejects({ code: 'settlement_not_observed' });
    given(settlement, paid().confirmed().events)
      .when((state) => reverse(state, why))
      .thenAccepts('SettlementReorged/1');
  });
});

describe('an unmatched payment', () => {
  it('[SET-A27] is kept apart in its token alone, and nobody is credited with what a stolen key wrote', () => {
    const minted = settled({ fiatMinor: '100000000', fee: '200000000000' });
    const history = new EffectHistory().observed(minted, matchPayment(minted as PaidEffect, foundSlot(), eth)).finalized();
    expect(history.events.at(-1)?.type).toBe('ReceiptUnmatched/1');
    expect(history.events.at(-1)?.data).toMatchObject({ reason: 'quote_unknown', from: payer, tokenAmount: '0.020374000000000000' });
    expect(lines(history)).toEqual([
      `debit asset:crypto:treasury:${chain}:ETH 0.020374000000000000 ETH`,
      'credit liability:suspense 0.020374000000000000 ETH',
    ]);
  });

  it('of a token without a currency is recorded and posts nothing', () => {
    const history = new EffectHistory().observed(effect, { unmatched: 'token_unknown' }).finalized({});
    expect(history.events.at(-1)?.data).toMatchObject({ reason: 'token_unknown', tokenAddress: eth.address, postings: [] });
  });
});

describe('money that goes past the contracts', () => {
  const transfer = (fromRole: 'treasury' | 'refunder' | 'other', toRole: 'treasury' | 'refunder' | 'other') =>
    effectOf('log', '0x1.0', { name: 'Transfer', token: dollar.address, from: payer, fromRole, to: treasury, toRole, amount: '2000000' });
  const moved = (fromRole: 'treasury' | 'refunder' | 'other', toRole: 'treasury' | 'refunder' | 'other') =>
    lines(new EffectHistory().observed(transfer(fromRole, toRole), {}).finalized({ token: dollar, rate: rateOf('USDC', '0.9') }));

  it("[D13] into the treasury is nobody's until staff say whose", () =>
    expect(moved('other', 'treasury')).toEqual([
      `debit asset:crypto:treasury:${chain}:USDC 2.000000 USDC`,
      'credit liability:suspense 2.000000 USDC',
    ]));

  it('to the refunder fills the float', () =>
    expect(moved('treasury', 'refunder')).toEqual([
      `debit asset:crypto:refund-float:${chain} 1.80 EUR`,
      `credit asset:crypto:treasury:${chain} 1.80 EUR`,
      `debit asset:crypto:refund-float:${chain}:USDC 2.000000 USDC`,
      `credit asset:crypto:treasury:${chain}:USDC 2.000000 USDC`,
    ]));

  it("out of the treasury is the provider's own, elsewhere", () =>
    expect(moved('treasury', 'other')).toEqual([
      'debit asset:cash:withdrawn 1.80 EUR',
      `credit asset:crypto:treasury:${chain} 1.80 EUR`,
      `credit asset:crypto:treasury:${chain}:USDC 2.000000 USDC`,
      'debit equity:conversion:USDC 2.000000 USDC',
    ]));

  it('out of the treasury stays unexplained where nobody knows what it was worth', () => {
    const history = new EffectHistory().observed(transfer('treasury', 'other'), {}).finalized({ token: dollar });
    expect(history.events.at(-1)?.data).toMatchObject({ reason: 'rate_unknown' });
    expect(lines(history)).toEqual([`credit asset:crypto:treasury:${chain}:USDC 2.000000 USDC`, 'debit liability:suspense 2.000000 USDC']);
  });
});

describe('money between the treasury and the refunder that nobody knows the worth of', () => {
  const between = (fromRole: 'treasury' | 'refunder', toRole: 'treasury' | 'refunder') => {
    const from = fromRole === 'treasury' ? treasury : payer;
    const log = { name: 'Transfer', token: dollar.address, from, fromRole, to: payer, toRole, amount: '2000000' } as const;
    return new EffectHistory().observed(effectOf('log', '0x1.0', log), {}).finalized({ token: dollar });
  };

  it.each([
    ['treasury', 'refunder', 'in', 'debit', 'credit'],
    ['refunder', 'treasury', 'out', 'credit', 'debit'],
  ] as const)('from %s to %s moves tokens that way, and nothing of it is suspense', (fromRole, toRole, direction, float, own) => {
    const history = between(fromRole, toRole);
    expect(history.events.at(-1)).toMatchObject({
      type: 'ReceiptUnmatched/1',
      data: { reason: 'rate_unknown', holding: 'refund-float', direction, tokenAmount: '2.000000' },
    });
    expect(lines(history)).toEqual([
      `${float} asset:crypto:refund-float:${chain}:USDC 2.000000 USDC`,
      `${own} asset:crypto:treasury:${chain}:USDC 2.000000 USDC`,
    ]);
  });
});

describe('a refund out of books in another currency', () => {
  it('[J1] leaves the float at what the currency of the customer was worth', () => {
    const refund = { refund: '3', slot: '7', account, amount: '10.00', currency: 'EUR', token: 'USDC', tokenAmount: '11.00' };
    const log = { name: 'Refunded', seq: '7', to: payer, refundSeq: '3', token: dollar.address, amount: '11000000', reason: '0x' } as const;
    const exchange = new Map([['EUR', { ...rateOf('EUR', '1.1'), currency: 'USD' }]]);
    const history = new EffectHistory().observed(effectOf('refund', '3', log), { refund }).finalized({ token: dollar, exchange });
    expect(lines(history)).toEqual([
      `debit liability:refund-payable:${account} 10.00 EUR`,
      'credit equity:conversion:EUR 10.00 EUR',
      'debit equity:conversion:EUR 11.00 USD',
      `credit asset:crypto:refund-float:${chain} 11.00 USD`,
      `credit asset:crypto:refund-float:${chain}:USDC 11.000000 USDC`,
      'debit equity:conversion:USDC 11.000000 USDC',
    ]);
  });
});

describe('an escrowed purchase', () => {
  const bought = (seq: string) => {
    const { effect: purchased, found } = purchase(seq);
    return { purchased, payment: matchPayment(purchased as PaidEffect, found, dollar).payment! };
  };
  const capture = (amount: string, fee: string) =>
    effectOf('capture', `900.${dollar.address}`, { name: 'EventCaptured', eventId: '900', token: dollar.address, amount, fee, treasury });

  it('is held by the escrow for the customer', () => {
    const { purchased, payment } = bought('8');
    expect(lines(new EffectHistory().observed(purchased, { payment }).confirmed().finalized({ token: dollar }))).toEqual([
      `debit liability:payment-pending:${account} 10.00 EUR`,
      `credit asset:crypto:in-transit:${chain} 10.00 EUR`,
      `debit asset:crypto:escrow:${chain} 10.00 EUR`,
      `credit liability:ppv-escrow:${account} 10.00 EUR`,
      `debit asset:crypto:escrow:${chain}:USDC 11.500000 USDC`,
      'credit equity:conversion:USDC 11.500000 USDC',
    ]);
  });

  it('[A18] is taken back to nothing when it goes back to the customer', () => {
    const { purchased, payment } = bought('8');
    const back = effectOf('purchase-refund', '8', {
      ...{ name: 'PurchaseRefunded', eventId: '900', payer, seq: '8', token: dollar.address, amount: '11500000', to: payer },
    });
    const sold = new EffectHistory().observed(purchased, { payment }).finalized({ token: dollar });
    const returned = new EffectHistory().observed(back, { payment }).finalized({ token: dollar });
    const mirror = (line: string) => (line.startsWith('debit') ? line.replace('debit', 'credit') : line.replace('credit', 'debit'));
    expect(lines(returned).toSorted()).toEqual(lines(sold).map(mirror).toSorted());
  });

  it("is the provider's when the event is captured, the fee split as the contract splits it", () => {
    const payments = [bought('8').payment, bought('9').payment];
    const held = { payments, unmatchedUnits: 1_000_000n };
    const history = new EffectHistory().observed(capture('24000000', '240000'), {}).finalized({ token: dollar, held });
    expect(history.events.at(-1)?.data).toMatchObject({
      captured: [{ currency: 'EUR', net: '19.80', fee: '0.20', purchases: '2' }],
    });
    expect(lines(history)).toEqual([
      `debit asset:crypto:treasury:${chain} 19.80 EUR`,
      'debit expense:payment-fee 0.20 EUR',
      `credit asset:crypto:escrow:${chain} 20.00 EUR`,
      `debit asset:crypto:treasury:${chain}:USDC 23.760000 USDC`,
      'debit equity:conversion:USDC 0.240000 USDC',
      `credit asset:crypto:escrow:${chain}:USDC 24.000000 USDC`,
    ]);
  });

  it('[J1] comes into books in another currency when it is captured', () => {
    const held = { payments: [bought('8').payment], unmatchedUnits: 0n };
    const exchange = new Map([['EUR', { ...rateOf('EUR', '1.1'), currency: 'USD' }]]);
    expect(lines(new EffectHistory().observed(capture('11500000', '115000'), {}).finalized({ token: dollar, held, exchange }))).toEqual([
      `debit asset:crypto:treasury:${chain} 10.89 USD`,
      'debit expense:payment-fee 0.11 USD',
      `credit asset:crypto:escrow:${chain} 10.00 EUR`,
      'debit equity:conversion:EUR 10.00 EUR',
      'credit equity:conversion:EUR 11.00 USD',
      `debit asset:crypto:treasury:${chain}:USDC 11.385000 USDC`,
      'debit equity:conversion:USDC 0.115000 USDC',
      `credit asset:crypto:escrow:${chain}:USDC 11.500000 USDC`,
    ]);
  });

  it('does not take a capture of another sum than the ledger knows to be held', () => {
    const captured = capture('24000000', '0');
    given(settlement, new EffectHistory().observed(captured, {}).events)
      .when((state) =>
        finalize(state, {
          observation: observationKey(captured),
          context: { token: dollar, held: { payments: [bought('8').payment], unmatchedUnits: 0n } },
        }),
      )
      .thenRejects({ code: 'capture_sum_differs', captured: '24000000', held: '11500000' });
  });

  it('takes a capture in a token that it has no currency for, and posts nothing, as for the purchases', () => {
    const captured = capture('24000000', '240000');
    const held = { payments: [], unmatchedUnits: 24_000_000n };
    for (const context of [{}, { held }]) {
      const history = new EffectHistory().observed(captured, {}).finalized(context);
      expect(history.events.at(-1)).toMatchObject({ type: 'SettlementFinalized/1', data: { eventId: '900', postings: [] } });
    }
  });

  it('does not take a capture in a token that is not configured any more while it holds what customers bought with it', () => {
    const captured = capture('11500000', '0');
    given(settlement, new EffectHistory().observed(captured, {}).events)
      .when((state) =>
        finalize(state, {
          observation: observationKey(captured),
          context: { held: { payments: [bought('8').payment], unmatchedUnits: 0n } },
        }),
      )
      .thenRejects({ code: 'capture_sum_differs', captured: '11500000', held: '11500000' });
  });
});

describe('allocateReceipt', () => {
  const stray = (toRole: 'treasury' | 'refunder') =>
    effectOf('log', '0x1.0', {
      name: 'Transfer',
      token: dollar.address,
      from: payer,
      fromRole: 'other',
      to: treasury,
      toRole,
      amount: '2340000',
    });
  const unmatched = () => new EffectHistory().observed(stray('treasury'), {}).finalized({ token: dollar });
  const to = { account, rate: rateOf('USDC', '0.9'), reason: "found by the payer's mail", effectiveAt: '2026-03-02T08:00:00.000Z' };

  it('[D13] gives a receipt to the account that staff found, for what it is worth, rounded down', () => {
    const history = unmatched().did((state) => allocateReceipt(state, to) as ReturnType<typeof observe>);
    expect(lines(history)).toEqual([
      `debit asset:crypto:treasury:${chain} 2.10 EUR`,
      `credit liability:payment-pending:${account} 2.10 EUR`,
      'debit liability:suspense 2.340000 USDC',
      'credit equity:conversion:USDC 2.340000 USDC',
    ]);
  });

  it('[J1] goes into books in another currency', () => {
    const exchange = { ...rateOf('EUR', '1.1'), currency: 'USD' };
    const history = unmatched().did((state) => allocateReceipt(state, { ...to, exchange }) as ReturnType<typeof observe>);
    expect(lines(history).slice(0, 4)).toEqual([
      `debit asset:crypto:treasury:${chain} 2.31 USD`,
      `credit liability:payment-pending:${account} 2.10 EUR`,
      'debit equity:conversion:EUR 2.10 EUR',
      'credit equity:conversion:EUR 2.31 USD',
    ]);
  });

  it('rejects in this order: allocated before, not found, not in the treasury, no rate, too little', () => {
    const allocated = unmatched().did((state) => allocateReceipt(state, to) as ReturnType<typeof observe>);
    const cases = [
      [allocated.events, to, { code: 'receipt_already_allocated', account }],
      [paid().events, to, { code: 'receipt_not_found' }],
      [
        new EffectHistory().observed(stray('refunder'), {}).finalized({ token: dollar }).events,
        to,
        { code: 'receipt_not_allocatable', reason: 'stray_transfer' },
      ],
      [unmatched().events, { ...to, rate: undefined }, { code: 'receipt_rate_unknown', base: 'USDC' }],
      [unmatched().events, { ...to, rate: rateOf('USDC', '0.001') }, { code: 'amount_not_payable', amount: '0.00', currency: 'EUR' }],
    ] as const;
    for (const [events, data, rejection] of cases) {
      given(settlement, events)
        .when((state) => allocateReceipt(state, data))
        .thenRejects(rejection);
    }
  });
});
