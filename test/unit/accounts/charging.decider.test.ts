import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import { postCharge, purchaseTitle, topUp } from '../../../services/accounts/domain/charging.decider.ts';
import { assertBalanced } from '../../../services/money/posting.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { given } from '../../support/given.ts';
import { at, charge, eur, History, id, purchase } from './account.fixtures.ts';

describe('topUp', () => {
  const data = { amount: eur('25'), method: 'card', channel: 'api', effectiveAt: at } as const;

  it('[A4] credits the wallet and debits the cash account of its method', () => {
    const [event] = given(account, new History().prepaid().events)
      .when((state) => topUp(state, data))
      .thenAccepts('ToppedUp/1');
    expect(event?.data).toMatchObject({ account: id, amount: '25.00', currency: 'EUR', channel: 'api', method: 'card' });
    expect(event?.data).toMatchObject({
      postings: [
        { account: 'asset:cash:card', amount: '25.00', currency: 'EUR', direction: 'debit' },
        { account: `liability:wallet:${id}:money`, amount: '25.00', currency: 'EUR', direction: 'credit' },
      ],
    });
  });

  it('rejects an account that was never opened', () => {
    given(account, [])
      .when((state) => topUp(state, data))
      .thenRejects({ code: 'account_not_found' });
  });

  it('rejects another currency', () => {
    given(account, new History().prepaid().events)
      .when((state) => topUp(state, { ...data, amount: moneyOf('25', 'USD') }))
      .thenRejects({ code: 'currency_mismatch', account: 'EUR', given: 'USD' });
  });
});

describe('postCharge', () => {
  it('[A1] takes a prepaid charge from the wallet, down to exactly zero', () => {
    const scenario = given(account, new History().prepaid().toppedUp('10').events);
    const [event] = scenario.when((state) => postCharge(state, charge('10'))).thenAccepts('ChargePosted/1');
    expect(event?.data).toMatchObject({ source: 'wallet', amount: '10.00' });
  });

  it('[A1] rejects what exceeds wallet and credit limit together by the smallest unit', () => {
    given(account, new History().prepaid('5').toppedUp('10').events)
      .when((state) => postCharge(state, charge('15.000001')))
      .thenRejects({ code: 'insufficient_funds', available: '15.00', required: '15.000001', currency: 'EUR' });
  });

  it('lets nobody owe more than an invoice can say, whatever the credit limit', () => {
    const largest = '999999999999999.99';
    given(account, new History().postpaid('999999999999999.999999').events)
      .when((state) => postCharge(state, charge('999999999999999.995')))
      .thenRejects({ code: 'credit_limit_exceeded', available: largest, required: '999999999999999.995', currency: 'EUR' });
    expect(new History().postpaid('999999999999999.999999').charged(largest).closed(1).events).toHaveLength(3);
  });

  it('puts a postpaid charge on the invoice', () => {
    const [event] = given(account, new History().postpaid().events)
      .when((state) => postCharge(state, charge('0.0045')))
      .thenAccepts('ChargePosted/1');
    expect(event?.data).toMatchObject({
      source: 'invoice',
      postings: [
        { account: `asset:unbilled:${id}`, amount: '0.0045', direction: 'debit' },
        { account: 'revenue:internet-100', amount: '0.0045', direction: 'credit' },
      ],
    });
  });

  it('counts unbilled and invoiced debt against the credit limit of a postpaid account', () => {
    given(account, new History().postpaid('100').charged('60').closed(1).charged('30').events)
      .when((state) => postCharge(state, charge('10.01')))
      .thenRejects({ code: 'credit_limit_exceeded', available: '10.00', required: '10.01', currency: 'EUR' });
  });

  it('[A21] charges the wallet of a postpaid account when asked to, without credit', () => {
    const scenario = given(account, new History().postpaid('100').toppedUp('5').events);
    scenario.when((state) => postCharge(state, { ...charge('5'), source: 'wallet' })).thenAccepts('ChargePosted/1');
    scenario
      .when((state) => postCharge(state, { ...charge('5.01'), source: 'wallet' }))
      .thenRejects({ code: 'insufficient_funds', available: '5.00', required: '5.01', currency: 'EUR' });
  });

  it('records usage of zero units without moving money', () => {
    const [event] = given(account, new History().prepaid().events)
      .when((state) => postCharge(state, charge('0')))
      .thenAccepts('ChargePosted/1');
    expect(event?.data).toMatchObject({ amount: '0.00', postings: [] });
  });

  it('rejects in this order: unknown account, currency, source, funds', () => {
    given(account, [])
      .when((state) => postCharge(state, charge('1')))
      .thenRejects({ code: 'account_not_found' });
    const prepaid = given(account, new History().prepaid().events);
    prepaid
      .when((state) => postCharge(state, { ...charge('1'), amount: moneyOf('1', 'JPY'), source: 'invoice' }))
      .thenRejects({ code: 'currency_mismatch', account: 'EUR', given: 'JPY' });
    prepaid
      .when((state) => postCharge(state, { ...charge('1'), source: 'invoice' }))
      .thenRejects({ code: 'source_not_available', source: 'invoice' });
    prepaid
      .when((state) => postCharge(state, charge('1')))
      .thenRejects({ code: 'insufficient_funds', available: '0.00', required: '1.00', currency: 'EUR' });
  });
});

describe('purchaseTitle', () => {
  it('[A12] pays from the wallet and grants the window of the title', () => {
    const [event] = given(account, new History().prepaid().toppedUp('4.99').events)
      .when((state) => purchaseTitle(state, purchase('4.99')))
      .thenAccepts('TitlePurchased/1');
    expect(event?.data).toMatchObject({
      source: 'wallet',
      entitlement: { from: '2026-04-01T18:00:00.000Z', until: '2026-04-01T23:00:00.000Z' },
    });
    assertBalanced((event as Extract<typeof event, { type: 'TitlePurchased/1' }>).data.postings);
  });

  it('[A12] grants nothing for an order that cannot be paid', () => {
    given(account, new History().prepaid().toppedUp('4.98').events)
      .when((state) => purchaseTitle(state, purchase('4.99')))
      .thenRejects({ code: 'insufficient_funds', available: '4.98', required: '4.99', currency: 'EUR' });
  });

  it('[A12] puts a postpaid purchase on the next bill and grants the window of the title', () => {
    const history = new History().postpaid('5').purchased('4.99');
    expect(history.events.at(-1)).toMatchObject({
      type: 'TitlePurchased/1',
      data: {
        source: 'invoice',
        entitlement: { from: '2026-04-01T18:00:00.000Z', until: '2026-04-01T23:00:00.000Z' },
        postings: [
          { account: `asset:unbilled:${id}`, direction: 'debit', amount: '4.99', currency: 'EUR' },
          { account: 'revenue:ppv', direction: 'credit', amount: '4.99', currency: 'EUR' },
        ],
      },
    });
    expect(history.closed(1).events.at(-1)).toMatchObject({
      type: 'ChargesClosed/1',
      data: { fromRevision: '1', toRevision: '1', payable: '4.99' },
    });
  });

  it('[A12] grants nothing for an order that the next bill may not take', () => {
    given(account, new History().postpaid('4.98').events)
      .when((state) => purchaseTitle(state, purchase('4.99')))
      .thenRejects({ code: 'credit_limit_exceeded', available: '4.98', required: '4.99', currency: 'EUR' });
  });

  it('rejects a title that the account has, and a title out of its sales window', () => {
    given(account, new History().prepaid().toppedUp('20').purchased('4.99').events)
      .when((state) => purchaseTitle(state, purchase('4.99')))
      .thenRejects({ code: 'title_already_purchased', title: purchase('1').title.id });
    given(account, new History().prepaid().toppedUp('20').events)
      .when((state) => purchaseTitle(state, { ...purchase('4.99'), effectiveAt: '2026-04-01T00:00:00.000Z' }))
      .thenRejects({ code: 'title_not_on_sale', from: '2026-02-01T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z' });
  });
});
