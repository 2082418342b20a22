import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import { reverseEntry } from '../../../services/accounts/domain/reversal.decider.ts';
import { eventId, given } from '../../support/given.ts';
import { at, History, id, invoiceId } from './account.fixtures.ts';

/** Takes back the event at a revision of a history. */
function reverse(history: History, revision: number) {
  const scenario = given(account, history.events);
  const event = history.events[revision];
  const original = event && { id: eventId(revision), revision: BigInt(revision), event };
  return scenario.when((state) => reverseEntry(state, { original, reason: 'mistake', effectiveAt: at }));
}

function afterReversal(history: History, revision: number) {
  const events = reverse(history, revision).thenAccepts('EntryReversed/1');
  return given(account, [...history.events, ...events]);
}

describe('reverseEntry', () => {
  it('mirrors the postings of a wallet charge and gives the money back', () => {
    const history = new History().prepaid().toppedUp('10').charged('4');
    const [event] = reverse(history, 2).thenAccepts('EntryReversed/1');
    expect(event?.data).toMatchObject({
      reverses: { event: eventId(2), revision: '2', type: 'ChargePosted/1' },
      postings: [
        { account: `liability:wallet:${id}:money`, amount: '4.00', direction: 'credit' },
        { account: 'revenue:internet-100', amount: '4.00', direction: 'debit' },
      ],
    });
    expect(afterReversal(history, 2).state).toMatchObject({ wallet: 10_000_000n });
  });

  it('takes an unbilled charge off the next invoice', () => {
    expect(afterReversal(new History().postpaid().charged('4').charged('5'), 1).state).toMatchObject({ unbilled: 5_000_000n });
  });

  it('reopens the invoices of a reversed payment in their order', () => {
    const history = new History().postpaid().charged('30').closed(1).charged('20').closed(2).paid('35', 'R1');
    expect(afterReversal(history, 5).state).toMatchObject({
      openInvoices: [
        { invoice: invoiceId(1), open: 30_000_000n },
        { invoice: invoiceId(2), open: 20_000_000n },
      ],
    });
  });

  it('lets a title be bought again after its purchase was taken back', () => {
    const { state } = afterReversal(new History().prepaid().toppedUp('5').purchased('5'), 2);
    expect(state).toMatchObject({ wallet: 5_000_000n, purchases: new Map() });
  });

  it('[A18] gives a purchase that is on an invoice back in the wallet, and leaves the invoice as it is', () => {
    const { events } = new History().postpaid().purchased('30').closed(1);
    const original = { id: 'event', revision: 1n, event: events[1]! };
    const [event] = given(account, events)
      .when((state) => reverseEntry(state, { original, reason: 'called off', invoicedToWallet: true, effectiveAt: at }))
      .thenAccepts('EntryReversed/1');
    expect(event?.data).toMatchObject({
      effects: { wallet: '30.00', unbilled: '0.00', reopened: [] },
      postings: [
        { account: 'revenue:ppv', amount: '30.00', direction: 'debit' },
        { account: `liability:wallet:${id}:overpaid`, amount: '30.00', direction: 'credit' },
      ],
    });
    const { state } = given(account, [...events, event!]);
    expect(state).toMatchObject({ wallet: 30_000_000n, unbilled: 0n, purchases: new Map(), openInvoices: [{ open: 30_000_000n }] });
  });

  it('rejects in this order: unknown account, no entry, kind, reversed before, invoiced, funds', () => {
    reverse(new History(), 0).thenRejects({ code: 'account_not_found' });
    reverse(new History().prepaid(), 7).thenRejects({ code: 'entry_not_found' });
    reverse(new History().prepaid(), 0).thenRejects({ code: 'entry_not_reversible', type: 'AccountOpened/1' });
    const history = new History().prepaid().toppedUp('10').charged('4');
    history.events.push(...reverse(history, 2).thenAccepts('EntryReversed/1'));
    reverse(history, 2).thenRejects({ code: 'entry_already_reversed', revision: '2' });
    reverse(new History().postpaid().charged('30').closed(1), 1).thenRejects({ code: 'charge_already_invoiced', revision: '1' });
    reverse(new History().prepaid().toppedUp('10').charged('4'), 1).thenRejects({
      code: 'insufficient_funds',
      available: '6.00',
      required: '10.00',
      currency: 'EUR',
    });
  });
});
