import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import { receivePayment } from '../../../services/accounts/domain/payment.decider.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { given } from '../../support/given.ts';
import { History, id, invoiceId, payment } from './account.fixtures.ts';

const twoInvoices = () => new History().postpaid().charged('30').closed(1).charged('20').closed(2);

describe('receivePayment', () => {
  it('[D4] pays the oldest invoice first and the next one partially', () => {
    const [event] = given(account, twoInvoices().events)
      .when((state) => receivePayment(state, payment('35', 'R1')))
      .thenAccepts('PaymentReceived/1');
    expect(event?.data).toMatchObject({
      allocations: [
        { invoice: invoiceId(1), amount: '30.00' },
        { invoice: invoiceId(2), amount: '5.00' },
      ],
      overpaid: '0.00',
      postings: [
        { account: 'asset:cash:bank', amount: '35.00', direction: 'debit' },
        { account: `asset:receivable:${id}`, amount: '35.00', direction: 'credit' },
      ],
    });
  });

  it('[D4] turns what is left over into credit', () => {
    const scenario = given(account, twoInvoices().paid('60', 'R1').events);
    expect(scenario.state).toMatchObject({ wallet: 10_000_000n, openInvoices: [] });
  });

  it('[D4] goes on with what a partial payment left open', () => {
    const [event] = given(account, twoInvoices().paid('10', 'R1').events)
      .when((state) => receivePayment(state, payment('25', 'R2')))
      .thenAccepts('PaymentReceived/1');
    expect(event?.data).toMatchObject({
      allocations: [
        { invoice: invoiceId(1), amount: '20.00' },
        { invoice: invoiceId(2), amount: '5.00' },
      ],
    });
  });

  it('changes nothing when the same payment is reported again', () => {
    const history = twoInvoices().paid('35', 'R1');
    given(account, history.events)
      .when((state) => receivePayment(state, payment('35', 'R1')))
      .thenRepeats(5n);
  });

  it('rejects in this order: unknown account, currency, unpayable amount, reference of another payment', () => {
    given(account, [])
      .when((state) => receivePayment(state, payment('1', 'R1')))
      .thenRejects({ code: 'account_not_found' });
    const scenario = given(account, twoInvoices().paid('35', 'R1').events);
    scenario
      .when((state) => receivePayment(state, { ...payment('1', 'R1'), amount: moneyOf('1.005', 'USD') }))
      .thenRejects({ code: 'currency_mismatch', account: 'EUR', given: 'USD' });
    scenario
      .when((state) => receivePayment(state, payment('1.005', 'R1')))
      .thenRejects({ code: 'amount_not_payable', amount: '1.005', currency: 'EUR' });
    scenario
      .when((state) => receivePayment(state, payment('36', 'R1')))
      .thenRejects({ code: 'payment_reference_conflict', reference: 'R1' });
  });
});
