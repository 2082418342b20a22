import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import type { AccountEvent } from '../../../services/accounts/domain/account.events.ts';
import { captureTitle } from '../../../services/accounts/domain/granting.decider.ts';
import { receivePayment } from '../../../services/accounts/domain/payment.decider.ts';
import { type RefundSettlementData, refundSettlement } from '../../../services/accounts/domain/refunding.decider.ts';
import { returnRefund } from '../../../services/accounts/domain/returning.decider.ts';
import { reverseEntry } from '../../../services/accounts/domain/reversal.decider.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { given } from '../../support/given.ts';
import { at, crediting, eur, History, id, invoiceId, payment } from './account.fixtures.ts';

const { settlement } = crediting('1');
const asked = (amount?: string, data: Partial<RefundSettlementData> = {}): RefundSettlementData => {
  return {
    refund: 'ref_1',
    settlement,
    ...(amount !== undefined && { amount: eur(amount) }),
    reason: 'cancelled',
    effectiveAt: at,
    ...data,
  };
};
const returned = { refund: 'ref_1', failure: 'reverted: ERC20InsufficientBalance(1)', effectiveAt: at };

/** The history with the events that a decision on it adds. */
function after(events: readonly AccountEvent[], ...decisions: readonly RefundSettlementData[]): readonly AccountEvent[] {
  return decisions.reduce((history, data) => {
    const decision = refundSettlement(given(account, history).state, data);
    if (decision.kind !== 'accepted') throw new Error(`It was not accepted: ${JSON.stringify(decision)}`);
    return [...history, ...decision.events];
  }, events);
}

function backAgain(events: readonly AccountEvent[]) {
  const decision = returnRefund(given(account, events).state, returned);
  if (decision.kind !== 'accepted') throw new Error(`It was not accepted: ${JSON.stringify(decision)}`);
  return { history: [...events, ...decision.events], data: decision.events[0].data };
}

const line = (place: string, amount: string, direction: 'debit' | 'credit') => ({ account: place, amount, currency: 'EUR', direction });
const payable = `liability:refund-payable:${id}`;
const toppedUp = () => new History().prepaid().credited('10');
const invoice = { kind: 'invoice', invoice: invoiceId(1) } as const;
/** 30.00 of an invoice, and 5.00 too much. */
const invoicePaid = () => new History().postpaid().charged('30').closed(1).credited('35', { purpose: invoice });
const titlePaid = () =>
  new History()
    .prepaid()
    .granted('4.99')
    .credited('4.99', { purpose: { kind: 'title' } });

describe('refundSettlement', () => {
  it('sets apart what goes back of a top-up', () => {
    const [event] = given(account, toppedUp().events)
      .when((state) => refundSettlement(state, asked('4', { to: '0xother' })))
      .thenAccepts('SettlementRefundDecided/1');
    expect(event?.data).toEqual({
      ...{ account: id, refund: 'ref_1', settlement, slot: '1', amount: '4.00', currency: 'EUR', to: '0xother', reason: 'cancelled' },
      effectiveAt: at,
      postings: [line(`liability:wallet:${id}:money`, '4.00', 'debit'), line(payable, '4.00', 'credit')],
    });
    expect(given(account, [...toppedUp().events, event!]).state).toMatchObject({ wallet: 6_000_000n });
  });

  it('takes what was too much first, and then owes the invoice again', () => {
    const history = after(invoicePaid().events, asked('20'));
    expect(history.at(-1)?.data).toMatchObject({
      reopened: [{ invoice: invoiceId(1), amount: '15.00' }],
      postings: [
        line(`liability:wallet:${id}:overpaid`, '5.00', 'debit'),
        line(`asset:receivable:${id}`, '15.00', 'debit'),
        line(payable, '20.00', 'credit'),
      ],
    });
    expect(given(account, history).state).toMatchObject({ wallet: 0n, openInvoices: [{ invoice: invoiceId(1), open: 15_000_000n }] });
  });

  it('leaves what the customer has of other payments alone', () =>
    given(account, invoicePaid().toppedUp('100').events)
      .when((state) => refundSettlement(state, asked('35.01')))
      .thenRejects({ code: 'refund_above_payment', paid: '35.00', refundable: '35.00', required: '35.01', currency: 'EUR' }));

  it('takes what lies in the bucket of the payment, and nothing of another: neither what an outage gave nor another payment', () => {
    const other = (settlement2: string, bucket: string) => ({
      settlement: settlement2,
      slot: settlement2,
      purpose: { kind: 'top-up', bucket } as const,
    });
    const both = () => toppedUp().credited('8', other('2', 'sla'));
    expect(after(both().events, asked('10')).at(-1)?.data).toMatchObject({
      postings: [line(`liability:wallet:${id}:money`, '10.00', 'debit'), line(payable, '10.00', 'credit')],
    });
    expect(after(both().events, asked('8', { settlement: '2' })).at(-1)?.data).toMatchObject({
      postings: [line(`liability:wallet:${id}:sla`, '8.00', 'debit'), line(payable, '8.00', 'credit')],
    });
    const spent = both().charged('12').credited('20', other('3', 'sla')).events;
    given(account, spent)
      .when((state) => refundSettlement(state, asked('6.01')))
      .thenRejects({ code: 'insufficient_funds', available: '6.00', required: '6.01', currency: 'EUR' });
    expect(after(spent, asked('6')).at(-1)?.data).toMatchObject({
      postings: [line(`liability:wallet:${id}:money`, '6.00', 'debit'), line(payable, '6.00', 'credit')],
    });
  });

  it('takes no more than the whole wallet has, where the money in it is below zero', () => {
    const reversed = new History()
      .postpaid()
      .toppedUp('7')
      .credited('10', { purpose: { kind: 'top-up', bucket: 'bonus' } });
    const original = { id: 'top-up', revision: 1n, event: reversed.events[1]! };
    const spent = reversed
      .charged('12', 'wallet')
      .credited('6', { ...crediting('6', { settlement: '2', slot: '2' }), purpose: { kind: 'top-up', bucket: 'bonus' } });
    const [event] = given(account, spent.events)
      .when((state) => reverseEntry(state, { original, reason: 'mistake', effectiveAt: at }))
      .thenAccepts('EntryReversed/1');
    given(account, [...spent.events, event!])
      .when((state) => refundSettlement(state, asked('6', { settlement: '2' })))
      .thenRejects({ code: 'insufficient_funds', available: '4.00', required: '6.00', currency: 'EUR' });
  });

  it('gives back everything that is left when no amount is named, and nothing twice', () => {
    const history = after(invoicePaid().events, asked('12'), asked(undefined, { refund: 'ref_2' }));
    expect(history.at(-1)?.data).toMatchObject({ amount: '23.00', reopened: [{ amount: '23.00' }] });
    given(account, history)
      .when((state) => refundSettlement(state, asked('0.01', { refund: 'ref_3' })))
      .thenRejects({ code: 'nothing_to_refund', paid: '35.00', currency: 'EUR' });
  });

  it('gives up what a title earned, and ends it once all of it goes back', () => {
    const part = after(titlePaid().events, asked('1'));
    expect(part.at(-1)).toMatchObject({
      type: 'SettlementRefundDecided/1',
      data: { title: { amount: '1.00' }, postings: [line('revenue:ppv', '1.00', 'debit'), line(payable, '1.00', 'credit')] },
    });
    const whole = after(part, asked(undefined, { refund: 'ref_2' }));
    expect(whole.slice(-2)).toMatchObject([
      { type: 'SettlementRefundDecided/1', data: { amount: '3.99' } },
      { type: 'TitleGrantEnded/1', data: { reason: 'refunded', postings: [] } },
    ]);
    expect(given(account, whole).state).toMatchObject({ purchases: new Map() });
  });

  it('pays an escrowed purchase back only once it is captured', () => {
    const held = new History().prepaid().granted('4.99', { hold: 'escrow' }).events;
    given(account, held)
      .when((state) => refundSettlement(state, asked()))
      .thenRejects({ code: 'settlement_not_final', settlement });
    const capture = {
      slot: '1',
      settlement: '1.0xe.capture.7.0xd',
      paidBy: settlement,
      amount: eur('4.99'),
      product: 'ppv',
      effectiveAt: at,
    };
    const [event] = given(account, held)
      .when((state) => captureTitle(state, capture))
      .thenAccepts('TitleCaptured/1');
    const [decided, ended] = after([...held, event!], asked()).slice(-2);
    expect(decided?.data).toMatchObject({ postings: [line('revenue:ppv', '4.99', 'debit'), line(payable, '4.99', 'credit')] });
    expect(ended).toMatchObject({ type: 'TitleGrantEnded/1', data: { postings: [] } });
  });

  it('gives a deposit back, and of prepaid credit nothing: its contract has to burn it', () => {
    const deposit = new History().prepaid().credited('10', { purpose: { kind: 'deposit' } });
    expect(after(deposit.events, asked('4')).at(-1)?.data).toMatchObject({
      deposit: '4.00',
      postings: [line(`liability:deposit:${id}`, '4.00', 'debit'), line(payable, '4.00', 'credit')],
    });
    given(account, new History().prepaid().credited('10', { purpose: { kind: 'credit' } }).events)
      .when((state) => refundSettlement(state, asked()))
      .thenRejects({ code: 'nothing_to_refund', paid: '10.00', currency: 'EUR' });
  });

  it('[SET-A39] pays nothing back of a payment that is only confirmed, whatever becomes of it', () => {
    const confirmed = new History().prepaid().toppedUp('50').granted('4.99');
    given(account, confirmed.events)
      .when((state) => refundSettlement(state, asked('4')))
      .thenRejects({ code: 'settlement_not_final', settlement });
    given(account, confirmed.ended('reorged').events)
      .when((state) => refundSettlement(state, asked('4')))
      .thenRejects({ code: 'settlement_not_final', settlement });
  });

  it('rejects in this order: unknown account, currency, unpayable amount, not final, nothing, above the payment, spent', () => {
    given(account, [])
      .when((state) => refundSettlement(state, asked('4')))
      .thenRejects({ code: 'account_not_found' });
    const scenario = given(account, new History().prepaid().events);
    scenario
      .when((state) => refundSettlement(state, asked(undefined, { amount: moneyOf('1.005', 'USD') })))
      .thenRejects({ code: 'currency_mismatch', account: 'EUR', given: 'USD' });
    scenario
      .when((state) => refundSettlement(state, asked('1.005')))
      .thenRejects({ code: 'amount_not_payable', amount: '1.005', currency: 'EUR' });
    scenario.when((state) => refundSettlement(state, asked('4'))).thenRejects({ code: 'settlement_not_final', settlement });
    const spent = toppedUp().charged('8').events;
    given(account, spent)
      .when((state) => refundSettlement(state, asked('11')))
      .thenRejects({ code: 'refund_above_payment', paid: '10.00', refundable: '10.00', required: '11.00', currency: 'EUR' });
    given(account, spent)
      .when((state) => refundSettlement(state, asked('4')))
      .thenRejects({ code: 'insufficient_funds', available: '2.00', required: '4.00', currency: 'EUR' });
    given(account, after(spent, asked('2')))
      .when((state) => refundSettlement(state, asked('9', { refund: 'ref_2' })))
      .thenRejects({ code: 'refund_above_payment', paid: '10.00', refundable: '8.00', required: '9.00', currency: 'EUR' });
  });
});

describe('returnRefund', () => {
  it('puts everything back where it came from, so that it can be decided again', () => {
    const history = after(invoicePaid().events, asked());
    const back = backAgain(history);
    expect(back.data).toMatchObject({
      ...{ refund: 'ref_1', amount: '35.00', failure: returned.failure, wallet: '5.00' },
      allocations: [{ invoice: invoiceId(1), amount: '30.00' }],
      postings: [
        line(payable, '35.00', 'debit'),
        line(`liability:wallet:${id}:overpaid`, '5.00', 'credit'),
        line(`asset:receivable:${id}`, '30.00', 'credit'),
      ],
    });
    const {
      refunds: _,
      revision: __,
      settlements,
      ...before
    } = given(account, invoicePaid().events).state as Extract<ReturnType<typeof stateOf>, { status: 'open' }>;
    expect(stateOf(back.history)).toMatchObject(before);
    expect(stateOf(back.history)).toMatchObject({ settlements });
    expect(after(back.history, asked(undefined, { refund: 'ref_2' })).at(-1)?.data).toMatchObject({ amount: '35.00' });
  });

  it('keeps for the customer what an invoice does not owe any more', () => {
    const refunded = after(invoicePaid().events, asked());
    const [paid] = given(account, refunded)
      .when((state) => receivePayment(state, payment('20', 'CARD')))
      .thenAccepts('PaymentReceived/1');
    const back = backAgain([...refunded, paid!]);
    expect(back.data).toMatchObject({ allocations: [{ amount: '10.00' }], wallet: '25.00' });
    expect(stateOf(back.history)).toMatchObject({ wallet: 25_000_000n, openInvoices: [] });
    expect(after(back.history, asked(undefined, { refund: 'ref_2' })).at(-1)?.data).toMatchObject({ amount: '35.00' });
  });

  it('earns a title again that was not given up, and keeps the money of one that was', () => {
    expect(backAgain(after(titlePaid().events, asked('1'))).data).toMatchObject({
      ...{ title: { amount: '1.00' }, wallet: '0.00' },
      postings: [line(payable, '1.00', 'debit'), line('revenue:ppv', '1.00', 'credit')],
    });
    const gone = backAgain(after(titlePaid().events, asked()));
    expect(gone.data).toMatchObject({
      wallet: '4.99',
      postings: [line(payable, '4.99', 'debit'), line(`liability:wallet:${id}:overpaid`, '4.99', 'credit')],
    });
    expect(after(gone.history, asked(undefined, { refund: 'ref_2' })).at(-1)?.data).not.toHaveProperty('title');
  });

  it('gives a deposit back to the deposit', () => {
    const deposit = new History().prepaid().credited('10', { purpose: { kind: 'deposit' } });
    expect(backAgain(after(deposit.events, asked('4'))).data).toMatchObject({
      ...{ deposit: '4.00', wallet: '0.00' },
      postings: [line(payable, '4.00', 'debit'), line(`liability:deposit:${id}`, '4.00', 'credit')],
    });
  });

  it('rejects in this order: unknown account, unknown refund; and repeats a return', () => {
    given(account, [])
      .when((state) => returnRefund(state, returned))
      .thenRejects({ code: 'account_not_found' });
    given(account, toppedUp().events)
      .when((state) => returnRefund(state, returned))
      .thenRejects({ code: 'refund_not_found', refund: 'ref_1' });
    given(account, backAgain(after(toppedUp().events, asked())).history)
      .when((state) => returnRefund(state, returned))
      .thenRepeats(3n);
  });
});

function stateOf(events: readonly AccountEvent[]) {
  return given(account, events).state;
}
