import { describe, expect, it } from '@jest/globals';
import { moneyOf } from '../../../services/money/money.ts';
import { creditRefundOrdered as orderOf } from '../../../services/settlement/domain/credit-refund-order.ts';
import { failCreditRefund, refundCredit } from '../../../services/settlement/domain/credit-refund.decider.ts';
import { fail, order, retry } from '../../../services/settlement/domain/dispatch.decider.ts';
import type { DispatchEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { type CreditHolding, creditHolding } from '../../../services/settlement/domain/credit-holding.ts';
import type { CreditHoldingEvent } from '../../../services/settlement/domain/credit.events.ts';
import type { CreditRefundDecided, SlotEvent } from '../../../services/settlement/domain/slot.events.ts';
import { type DecidedCreditRefund, slot } from '../../../services/settlement/domain/slot.ts';
import { given } from '../../support/given.ts';
import { creditRefundOrdered, holder, issueOrdered } from './credit.fixtures.ts';
import { account, slotOpened } from './slot.fixtures.ts';

const now = '2026-03-02T00:00:00.000Z';
const bought = slotOpened({ purpose: { kind: 'credit', order: 'ord_1' }, amount: '50.00' });
const decision: CreditRefundDecided = {
  ...{ seq: '7', refund: 'ref_1', account, holder, amount: '20.00', currency: 'EUR', reason: 'moves away' },
};
const decided = (changes: Partial<CreditRefundDecided> = {}): SlotEvent => ({
  type: 'CreditRefundDecided/1',
  data: { ...decision, ...changes },
});
const failed: SlotEvent = { type: 'CreditRefundFailed/1', data: { seq: '7', refund: 'ref_1', failure: 'expired' } };
/** The account has so much under the address; what was decided by `ref_1` is burnt or not. */
const holding = (left = 5000, burnt = 0): CreditHolding => {
  const issue = { name: 'CreditIssued', settlement: 'issue', changes: [{ epoch: '84', account, units: String(left + burnt) }] } as const;
  const back = {
    name: 'CreditRefunded',
    settlement: 'back',
    refund: 'ref_1',
    changes: [{ epoch: '84', account, units: String(-burnt) }],
  } as const;
  const at = { chainId: '31337', contract: issueOrdered.contract, holder, effectiveAt: now };
  return given<CreditHolding, CreditHoldingEvent>(creditHolding, [
    { type: 'CreditMoved/1', data: { ...at, ...issue } },
    ...(burnt > 0 ? [{ type: 'CreditMoved/1', data: { ...at, ...back } } as const] : []),
  ]).state;
};
const asked = (
  amount?: string,
  { refund = 'ref_2', currency = 'EUR', issue = issueOrdered, held = holding(), elsewhere = [] as DecidedCreditRefund[] } = {},
) => {
  return {
    refund,
    issue,
    holding: held,
    elsewhere,
    ...(amount !== undefined && { amount: moneyOf(amount, currency) }),
    reason: 'moves away',
    now,
  };
};

describe('refundCredit', () => {
  const on = (events: readonly SlotEvent[], data: ReturnType<typeof asked>) =>
    given(slot, events).when((state) => refundCredit(state, data));

  it('decides on a part of what was bought', () => {
    const [event] = on([bought], asked('20', { refund: 'ref_1' })).thenAccepts('CreditRefundDecided/1');
    expect(event).toEqual(decided());
  });

  it('takes all that is left when nothing is said, and counts what failed as left', () => {
    expect(on([bought, decided()], asked()).thenAccepts('CreditRefundDecided/1')[0]?.data).toMatchObject({ amount: '30.00' });
    expect(on([bought, decided(), failed], asked()).thenAccepts('CreditRefundDecided/1')[0]?.data).toMatchObject({ amount: '50.00' });
  });

  it('takes what is unspent when nothing is said: not what was spent, nor what is decided and not burnt yet', () => {
    const of = (held: CreditHolding, ...events: SlotEvent[]) =>
      on([bought, ...events], asked(undefined, { held })).thenAccepts('CreditRefundDecided/1')[0]?.data;
    expect(of(holding(3050))).toMatchObject({ amount: '30.50' });
    expect(of(holding(3050), decided())).toMatchObject({ amount: '10.50' });
    expect(of(holding(1050, 2000), decided())).toMatchObject({ amount: '10.50' });
    expect(of(holding(9000), decided())).toMatchObject({ amount: '30.00' });
  });

  it('leaves what is decided in another slot of the account and not burnt yet: together they are no more than it has', () => {
    const other = { ...decision, seq: '8', revision: 2n };
    const of = (held: CreditHolding, elsewhere: DecidedCreditRefund[]) =>
      on([bought], asked(undefined, { held, elsewhere })).thenAccepts('CreditRefundDecided/1')[0]?.data;
    expect(of(holding(3050), [other])).toMatchObject({ amount: '10.50' });
    expect(of(holding(3050, 2000), [other])).toMatchObject({ amount: '30.50' });
    expect(of(holding(3050), [{ ...other, failed: { failure: 'expired', revision: 3n } }])).toMatchObject({ amount: '30.50' });
  });

  it('changes nothing for a decision that it has', () => on([bought, decided()], asked('50', { refund: 'ref_1' })).thenRepeats(1n));

  it.each([
    ['a slot that is none', [], asked('1'), { code: 'slot_not_found' }],
    ['another currency', [bought], asked('1', { currency: 'USD' }), { code: 'currency_mismatch', account: 'EUR', given: 'USD' }],
    ['less than can be paid', [bought], asked('0.001'), { code: 'amount_not_payable', amount: '0.001', currency: 'EUR' }],
    [
      'what is no whole unit of the credit',
      [bought],
      asked('0.5', { issue: { ...issueOrdered, units: '50' } }),
      { code: 'amount_not_payable', amount: '0.50', currency: 'EUR' },
    ],
    [
      'what was taken back',
      [bought, decided({ amount: '50.00' })],
      asked('1'),
      { code: 'nothing_to_refund', paid: '50.00', currency: 'EUR' },
    ],
    ['what was spent', [bought], asked(undefined, { held: holding(0) }), { code: 'nothing_to_refund', paid: '50.00', currency: 'EUR' }],
    [
      'more than is unspent',
      [bought, decided()],
      asked('20.01', { held: holding(2000, 2000) }),
      { code: 'refund_above_unspent', bought: '50.00', refundable: '20.00', required: '20.01', currency: 'EUR' },
    ],
    [
      'more than is left',
      [bought, decided()],
      asked('30.01'),
      { code: 'refund_above_payment', paid: '50.00', refundable: '30.00', required: '30.01', currency: 'EUR' },
    ],
  ] as const)('refuses %s', (_, events, data, rejection) => on(events, data).thenRejects(rejection));
});

describe('failCreditRefund', () => {
  const on = (events: readonly SlotEvent[], refund = 'ref_1') =>
    given(slot, events).when((state) => failCreditRefund(state, { refund, failure: 'expired' }));

  it('says once that nothing came of it', () => {
    expect(on([bought, decided()]).thenAccepts('CreditRefundFailed/1')).toEqual([failed]);
    on([bought, decided(), failed]).thenRepeats(2n);
  });
  it('knows no other decision', () => on([bought, decided()], 'ref_2').thenRejects({ code: 'refund_not_found', refund: 'ref_2' }));
});

describe('the order of credit that is taken back', () => {
  const source = { issue: issueOrdered, salt: `0x${'01'.repeat(32)}`, refundSeq: '3' };

  it('is the same whenever it is asked for, and another for another decision', () => {
    expect(orderOf(decision, source)).toEqual(orderOf(decision, source));
    expect(orderOf(decision, source)).toMatchObject({ units: '2000', holder, refundSeq: '3', contract: issueOrdered.contract });
    expect(orderOf({ ...decision, refund: 'ref_2' }, source).ref).not.toBe(orderOf(decision, source).ref);
  });

  const ordered: DispatchEvent = { type: 'CreditRefundOrdered/1', data: creditRefundOrdered };
  const over: DispatchEvent = { type: 'DispatchFailed/1', data: { ordered: '0', failure: { code: 'expired' } } };
  it('is carried out once, though it failed', () => {
    given(dispatch, [ordered, over])
      .when((state) => order(state, ordered))
      .thenRepeats(0n);
    given(dispatch, [ordered, over]).when(retry).thenRejects({ code: 'dispatch_not_retriable', operation: 'credit-refund' });
    given(dispatch, [ordered])
      .when((state) => fail(state, over.data))
      .thenAccepts('DispatchFailed/1');
  });
});
