import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import { closeCharges } from '../../../services/accounts/domain/closing.decider.ts';
import { assertBalanced } from '../../../services/money/posting.ts';
import { given } from '../../support/given.ts';
import { at, History, id, invoiceId } from './account.fixtures.ts';

const data = { invoice: invoiceId(1), series: 'main', dueOn: '2026-04-01', effectiveAt: at };

describe('closeCharges', () => {
  it('rounds the exact sum once, half up, and posts the difference to equity', () => {
    const [event] = given(account, new History().postpaid().charged('1.0025').charged('1.0025').events)
      .when((state) => closeCharges(state, data))
      .thenAccepts('ChargesClosed/1');
    expect(event?.data).toMatchObject({
      fromRevision: '1',
      toRevision: '2',
      net: '2.005',
      payable: '2.01',
      postings: [
        { account: `asset:receivable:${id}`, amount: '2.01', direction: 'debit' },
        { account: `asset:unbilled:${id}`, amount: '2.005', direction: 'credit' },
        { account: 'equity:rounding', amount: '0.005', direction: 'credit' },
      ],
    });
    assertBalanced((event as Extract<typeof event, { type: 'ChargesClosed/1' }>).data.postings);
  });

  it('owns each unbilled range once', () => {
    const [event] = given(account, new History().postpaid().charged('5').closed(1).charged('7').events)
      .when((state) => closeCharges(state, { ...data, invoice: invoiceId(2) }))
      .thenAccepts('ChargesClosed/1');
    expect(event?.data).toMatchObject({ fromRevision: '2', toRevision: '3', net: '7.00' });
  });

  it('rejects an account that was never opened, then an empty range and a sum that nobody can pay', () => {
    given(account, [])
      .when((state) => closeCharges(state, data))
      .thenRejects({ code: 'account_not_found' });
    given(account, new History().postpaid().charged('5').closed(1).events)
      .when((state) => closeCharges(state, data))
      .thenRejects({ code: 'nothing_to_invoice' });
    given(account, new History().postpaid().charged('0.0049').events)
      .when((state) => closeCharges(state, data))
      .thenRejects({ code: 'nothing_to_invoice' });
  });
});
