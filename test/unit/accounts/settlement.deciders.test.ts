import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import { creditSettlement } from '../../../services/accounts/domain/crediting.decider.ts';
import { postCharge } from '../../../services/accounts/domain/charging.decider.ts';
import { captureTitle, endTitleGrant, grantTitle } from '../../../services/accounts/domain/granting.decider.ts';
import { refundSettlement } from '../../../services/accounts/domain/refunding.decider.ts';
import { reverseSettlementCredit } from '../../../services/accounts/domain/uncrediting.decider.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { given } from '../../support/given.ts';
import { at, charge, crediting, ending, eur, granting, History, id, invoiceId, reversing, windowFrom } from './account.fixtures.ts';

const invoiced = () => new History().postpaid().charged('30').closed(1).charged('20').closed(2);
const pending = { account: `liability:payment-pending:${id}`, direction: 'debit' };

const pendingAgain = (amount: string) => ({ ...pending, direction: 'credit', amount });

describe('reverseSettlementCredit', () => {
  const reversed = (history: History, data = {}) => {
    const scenario = given(account, history.events);
    const [event] = scenario
      .when((state) => reverseSettlementCredit(state, { ...reversing, ...data }))
      .thenAccepts('SettlementCreditReversed/1');
    return { data: event!.data, state: given(account, [...history.events, event!]).state };
  };

  it('opens the invoice again, and takes what was above it from where it lies', () => {
    const invoice = { purpose: { kind: 'invoice', invoice: invoiceId(2) } } as const;
    const { data, state } = reversed(invoiced().credited('25', invoice));
    expect(data).toMatchObject({
      ...{ reopened: [{ invoice: invoiceId(2), amount: '20.00' }], wallet: '5.00', amount: '25.00', slot: '1' },
      postings: [
        { account: `asset:receivable:${id}`, amount: '20.00', direction: 'debit' },
        { account: `liability:wallet:${id}:overpaid`, amount: '5.00', direction: 'debit' },
        pendingAgain('25.00'),
      ],
    });
    expect(state).toMatchObject({ wallet: 0n, openInvoices: [{ invoice: invoiceId(1) }, { invoice: invoiceId(2), open: 20_000_000n }] });
  });

  it('takes what the customer has spent since from the money of the wallet, below zero', () => {
    const bonus = { purpose: { kind: 'top-up', bucket: 'bonus' } } as const;
    const { data, state } = reversed(new History().prepaid().credited('10', bonus).charged('4'));
    expect(data).toMatchObject({
      postings: [
        { account: `liability:wallet:${id}:bonus`, amount: '6.00', direction: 'debit' },
        { account: `liability:wallet:${id}:money`, amount: '4.00', direction: 'debit' },
        pendingAgain('10.00'),
      ],
    });
    expect(state).toMatchObject({ wallet: -4_000_000n });
  });

  it.each([
    ['deposit', { deposit: '10.00' }, `liability:deposit:${id}`],
    ['credit', { wallet: '0.00' }, `liability:credit-unissued:${id}`],
  ] as const)('takes a %s back from its place', (kind, facts, place) => {
    const { data } = reversed(new History().prepaid().credited('10', { purpose: { kind } }));
    expect(data).toMatchObject({ ...facts, postings: [{ account: place, amount: '10.00', direction: 'debit' }, pendingAgain('10.00')] });
  });

  it('leaves a title owed, as it was while its payment was not final, and its window can still be closed', () => {
    const bought = new History()
      .prepaid()
      .granted('4.99')
      .credited('4.99', { purpose: { kind: 'title' } });
    const { data, state } = reversed(bought);
    expect(data).toMatchObject({ title: { amount: '4.99' }, postings: [{ account: `asset:receivable:${id}` }, pendingAgain('4.99')] });
    expect(endTitleGrant(state, ending('reorged'))).toMatchObject({ events: [{ data: { postings: [{ amount: '4.99' }, {}] } }] });
  });

  it('takes what was paid back already from the wallet: the customer has it twice', () => {
    const refund = { refund: 'ref_1', settlement: reversing.settlement, amount: eur('4'), reason: 'sorry', effectiveAt: at };
    const history = new History().prepaid().credited('10', { purpose: { kind: 'deposit' } });
    const [refunded] = given(account, history.events)
      .when((state) => refundSettlement(state, refund))
      .thenAccepts('SettlementRefundDecided/1');
    history.events.push(refunded!);
    expect(reversed(history).data).toMatchObject({
      deposit: '6.00',
      wallet: '4.00',
      postings: [
        { account: `liability:deposit:${id}`, amount: '6.00' },
        { account: `liability:wallet:${id}:money` },
        pendingAgain('10.00'),
      ],
    });
  });

  const forCredit = { purpose: { kind: 'credit' } } as const;
  const unissued = `liability:credit-unissued:${id}`;
  const fromWallet = (bucket: string, amount: string) => ({ account: `liability:wallet:${id}:${bucket}`, amount, direction: 'debit' });

  it('takes of credit what is out there, and from the wallet what was burnt and paid back', () => {
    const { data, state } = reversed(new History().prepaid().credited('100', forCredit).tookBack('40').refunded('40'));
    expect(data).toMatchObject({
      wallet: '40.00',
      postings: [{ account: unissued, amount: '60.00', direction: 'debit' }, fromWallet('money', '40.00'), pendingAgain('100.00')],
    });
    expect(state).toMatchObject({ wallet: -40_000_000n });
  });

  it('takes a second payment of credit from the wallet alone, also what was paid back of it', () => {
    const second = { ...forCredit, settlement: '2.0xa.slot.1' };
    const { settlement } = second;
    const history = new History().prepaid().credited('100', forCredit).credited('100', second).refunded('30', { settlement });
    expect(reversed(history, { settlement }).data).toMatchObject({
      wallet: '100.00',
      postings: [fromWallet('overpaid', '70.00'), fromWallet('money', '30.00'), pendingAgain('100.00')],
    });
  });

  it.each([
    ['while it stood', () => new History().prepaid().credited('100', forCredit).tookBack('40').uncredited()],
    ['since', () => new History().prepaid().credited('100', forCredit).uncredited().tookBack('40')],
  ])('lets a payment for credit come again: what was burnt %s is in the wallet, and the rest is out there', (_, history) => {
    const again = history().credited('100', forCredit);
    const postings = [pending, { account: unissued, amount: '60.00' }, { ...fromWallet('overpaid', '40.00'), direction: 'credit' }];
    expect(again.events.at(-1)?.data).toMatchObject({ wallet: '40.00', postings });
    expect(given(account, again.events).state).toMatchObject({ wallet: 40_000_000n });
    expect(reversed(again).data).toMatchObject({ wallet: '40.00', postings: [{ account: unissued, amount: '60.00' }, {}, {}] });
  });

  it('lets the payment come again, and is done once', () => {
    const history = new History().prepaid().credited('10');
    const [event] = given(account, history.events)
      .when((state) => reverseSettlementCredit(state, reversing))
      .thenAccepts('SettlementCreditReversed/1');
    history.events.push(event!);
    given(account, history.events)
      .when((state) => reverseSettlementCredit(state, reversing))
      .thenRepeats(2n);
    expect(given(account, history.credited('10').events).state).toMatchObject({ wallet: 10_000_000n });
  });

  it('rejects in this order: unknown account, unknown settlement', () => {
    given(account, [])
      .when((state) => reverseSettlementCredit(state, reversing))
      .thenRejects({ code: 'account_not_found' });
    given(account, new History().prepaid().events)
      .when((state) => reverseSettlementCredit(state, reversing))
      .thenRejects({ code: 'settlement_not_final', settlement: reversing.settlement });
  });
});

describe('creditSettlement', () => {
  it('pays the invoice that was named, not the oldest, and keeps what is above it for the customer', () => {
    const [event] = given(account, invoiced().events)
      .when((state) => creditSettlement(state, crediting('25', { purpose: { kind: 'invoice', invoice: invoiceId(2) } })))
      .thenAccepts('SettlementCredited/1');
    expect(event?.data).toMatchObject({
      allocations: [{ invoice: invoiceId(2), amount: '20.00' }],
      wallet: '5.00',
      bucket: 'overpaid',
      postings: [
        { ...pending, amount: '25.00' },
        { account: `asset:receivable:${id}`, amount: '20.00', direction: 'credit' },
        { account: `liability:wallet:${id}:overpaid`, amount: '5.00', direction: 'credit' },
      ],
    });
  });

  it.each([
    ['top-up', { kind: 'top-up', bucket: 'bonus' }, `liability:wallet:${id}:bonus`, 10_000_000n],
    ['deposit', { kind: 'deposit' }, `liability:deposit:${id}`, 0n],
    ['credit', { kind: 'credit' }, `liability:credit-unissued:${id}`, 0n],
    ['allocation', { kind: 'allocation' }, `liability:wallet:${id}:overpaid`, 10_000_000n],
    ['title without a grant', { kind: 'title' }, `liability:wallet:${id}:overpaid`, 10_000_000n],
  ] as const)('posts a %s to its place', (_, purpose, place, wallet) => {
    const history = new History().prepaid().credited('10', { purpose });
    const last = history.events.at(-1)!;
    expect(last.data).toMatchObject({ postings: [pending, { account: place, amount: '10.00', direction: 'credit' }] });
    expect(given(account, history.events).state).toMatchObject({ wallet });
  });

  it('pays a title that was owed since its payment was confirmed', () => {
    const history = new History()
      .prepaid()
      .granted('4.99')
      .credited('4.99', { purpose: { kind: 'title' } });
    expect(history.events.at(-1)?.data).toMatchObject({ title: { amount: '4.99' }, wallet: '0.00' });
    expect(given(account, history.events).state).toMatchObject({ grants: new Map([['1', expect.objectContaining({ owed: 0n })]]) });
  });

  it('credits a second settlement of a slot to what is overpaid, wherever it landed', () => {
    const invoice = { purpose: { kind: 'invoice', invoice: invoiceId(1) } } as const;
    const [event] = given(account, invoiced().credited('10', invoice).events)
      .when((state) => creditSettlement(state, crediting('10', { ...invoice, settlement: '10.0xb.slot.1' })))
      .thenAccepts('SettlementCredited/1');
    expect(event?.data).toMatchObject({ allocations: [], wallet: '10.00', bucket: 'overpaid' });
  });

  it('credits a payment of an invoice that a card paid meanwhile to what is overpaid', () => {
    const history = invoiced()
      .paid('50', 'CARD')
      .credited('30', { purpose: { kind: 'invoice', invoice: invoiceId(1) } });
    expect(history.events.at(-1)?.data).toMatchObject({ allocations: [], wallet: '30.00', bucket: 'overpaid' });
  });

  it('changes nothing when a settlement is credited again', () =>
    given(account, new History().prepaid().credited('10').events)
      .when((state) => creditSettlement(state, crediting('10')))
      .thenRepeats(1n));

  it('rejects in this order: unknown account, currency', () => {
    given(account, [])
      .when((state) => creditSettlement(state, crediting('1')))
      .thenRejects({ code: 'account_not_found' });
    given(account, new History().prepaid().events)
      .when((state) => creditSettlement(state, { ...crediting('1'), amount: moneyOf('1', 'USD') }))
      .thenRejects({ code: 'currency_mismatch', account: 'EUR', given: 'USD' });
  });

  it('lets a charge take what is overpaid before the money of the wallet', () => {
    const history = new History()
      .prepaid()
      .toppedUp('5')
      .credited('2', { purpose: { kind: 'allocation' } });
    const [event] = given(account, history.events)
      .when((state) => postCharge(state, charge('3')))
      .thenAccepts('ChargePosted/1');
    expect(event?.data).toMatchObject({
      postings: [
        { account: `liability:wallet:${id}:overpaid`, amount: '2.00', direction: 'debit' },
        { account: `liability:wallet:${id}:money`, amount: '1.00', direction: 'debit' },
        { account: 'revenue:internet-100', amount: '3.00', direction: 'credit' },
      ],
    });
    expect(given(account, [...history.events, event!]).state).toMatchObject({ wallet: 4_000_000n, buckets: new Map() });
  });
});

describe('grantTitle', () => {
  it('[A12] sells the title when its payment is deep enough: it is owed until the payment is final', () => {
    const [event] = given(account, new History().prepaid().events)
      .when((state) => grantTitle(state, granting('4.99')))
      .thenAccepts('TitleGranted/1');
    expect(event?.data).toMatchObject({
      postings: [
        { account: `asset:receivable:${id}`, amount: '4.99', direction: 'debit' },
        { account: 'revenue:ppv', amount: '4.99', direction: 'credit' },
      ],
    });
  });

  it('earns nothing while the escrow holds the money', () => {
    const history = new History().prepaid().granted('4.99', { hold: 'escrow' });
    expect(history.events.at(-1)?.data).toMatchObject({ hold: 'escrow', postings: [] });
  });

  it('changes nothing when the payment is confirmed again', () =>
    given(account, new History().prepaid().granted('4.99').events)
      .when((state) => grantTitle(state, granting('4.99')))
      .thenRepeats(1n));

  it('grants anew when a payment comes back after its block was replaced', () => {
    const history = new History().prepaid().granted('4.99').ended('reorged').granted('4.99');
    expect(history.events.map(({ type }) => type).slice(1)).toEqual(['TitleGranted/1', 'TitleGrantEnded/1', 'TitleGranted/1']);
  });

  it('rejects in this order: unknown account, currency, title bought before', () => {
    given(account, [])
      .when((state) => grantTitle(state, granting('1')))
      .thenRejects({ code: 'account_not_found' });
    const bought = given(account, new History().prepaid().toppedUp('5').purchased('5').events);
    bought
      .when((state) => grantTitle(state, { ...granting('1'), price: moneyOf('1', 'USD') }))
      .thenRejects({ code: 'currency_mismatch', account: 'EUR', given: 'USD' });
    bought
      .when((state) => grantTitle(state, granting('5')))
      .thenRejects({ code: 'title_already_purchased', title: granting('5').title.id });
  });
});

describe('endTitleGrant', () => {
  it('takes the sale back while the window has not begun', () => {
    const history = new History().prepaid().granted('4.99').ended('reorged');
    expect(history.events.at(-1)?.data).toMatchObject({
      postings: [
        { account: `asset:receivable:${id}`, amount: '4.99', direction: 'credit' },
        { account: 'revenue:ppv', amount: '4.99', direction: 'debit' },
      ],
    });
    expect(given(account, history.events).state).toMatchObject({ purchases: new Map() });
  });

  it('keeps the title open and owed once its window has begun', () =>
    given(account, new History().prepaid().granted('4.99').events)
      .when((state) => endTitleGrant(state, { ...ending('reorged'), effectiveAt: windowFrom }))
      .thenRejects({ code: 'title_window_begun', from: windowFrom }));

  it.each(['event_cancelled', 'refunded', 'reorged'] as const)('[A18] ends an escrowed purchase that is %s, whenever that is', (reason) => {
    const [event] = given(account, new History().prepaid().granted('4.99', { hold: 'escrow' }).events)
      .when((state) => endTitleGrant(state, { ...ending(reason), effectiveAt: '2099-01-01T00:00:00.000Z' }))
      .thenAccepts('TitleGrantEnded/1');
    expect(event?.data).toMatchObject({ reason, postings: [] });
  });

  it('[A18] takes the sale of an event that is called off back after its window has begun, and gives it to nobody anew', () => {
    const events = new History().prepaid().granted('4.99').events;
    const [event] = given(account, events)
      .when((state) => endTitleGrant(state, { ...ending('event_cancelled'), effectiveAt: windowFrom }))
      .thenAccepts('TitleGrantEnded/1');
    expect(event?.data).toMatchObject({ postings: [{ direction: 'credit' }, { account: 'revenue:ppv', direction: 'debit' }] });
    given(account, [...events, event!])
      .when((state) => grantTitle(state, granting('4.99')))
      .thenRepeats(1n);
  });

  it('keeps what was paid of it for the customer, in the wallet, where that did not go back as it came', () => {
    const redeemed = new History()
      .prepaid()
      .granted('4.99')
      .credited('4.99', { purpose: { kind: 'title' } });
    const [event] = given(account, redeemed.events)
      .when((state) => endTitleGrant(state, { ...ending('event_cancelled'), effectiveAt: windowFrom }))
      .thenAccepts('TitleGrantEnded/1');
    expect(event?.data).toMatchObject({
      wallet: '4.99',
      postings: [
        { account: 'revenue:ppv', amount: '4.99', direction: 'debit' },
        { account: `liability:wallet:${id}:overpaid`, amount: '4.99', direction: 'credit' },
      ],
    });
    const { state } = given(account, [...redeemed.events, event!]);
    const paid = expect.objectContaining({
      parts: expect.objectContaining({ wallet: 4_990_000n, title: expect.objectContaining({ part: 0n }) }),
    });
    expect(state).toMatchObject({ wallet: 4_990_000n, purchases: new Map(), settlements: new Map([[granting('1').settlement, paid]]) });
  });

  it('takes back what is owed still and keeps what was paid, of a title that was paid in part', () => {
    const events = new History()
      .prepaid()
      .granted('4.99')
      .credited('3', { purpose: { kind: 'title' } })
      .ended('event_cancelled').events;
    expect(events.at(-1)?.data).toMatchObject({
      wallet: '3.00',
      postings: [
        { account: `asset:receivable:${id}`, amount: '1.99', direction: 'credit' },
        { account: 'revenue:ppv', amount: '1.99', direction: 'debit' },
        { account: 'revenue:ppv', amount: '3.00', direction: 'debit' },
        { account: `liability:wallet:${id}:overpaid`, amount: '3.00', direction: 'credit' },
      ],
    });
  });

  it('rejects in this order: unknown account, no grant; and repeats an end', () => {
    given(account, [])
      .when((state) => endTitleGrant(state, ending('reorged')))
      .thenRejects({ code: 'account_not_found' });
    given(account, new History().prepaid().events)
      .when((state) => endTitleGrant(state, ending('reorged')))
      .thenRejects({ code: 'title_grant_not_found', slot: '1' });
    given(account, new History().prepaid().granted('1').ended('reorged').events)
      .when((state) => endTitleGrant(state, ending('reorged')))
      .thenRepeats(1n);
  });
});

describe('captureTitle', () => {
  const of = { slot: '1', settlement: '1.0xe.capture.7.0xd', paidBy: '1.0xe.slot.1' };
  const capture = { ...of, amount: eur('4.99'), product: 'ppv', effectiveAt: at };

  it('earns what the escrow held, once', () => {
    const history = new History().prepaid().granted('4.99', { hold: 'escrow' });
    const scenario = given(account, history.events);
    const [event] = scenario.when((state) => captureTitle(state, capture)).thenAccepts('TitleCaptured/1');
    expect(event?.data).toMatchObject({
      postings: [
        { account: `liability:ppv-escrow:${id}`, amount: '4.99', direction: 'debit' },
        { account: 'revenue:ppv', amount: '4.99', direction: 'credit' },
      ],
    });
    given(account, [...history.events, event!])
      .when((state) => captureTitle(state, capture))
      .thenRepeats(2n);
  });

  it('leaves to the customer what was paid for a title that the account had already, where it can be paid back from', () => {
    const first = new History().prepaid().granted('4.99', { hold: 'escrow' });
    const again = { ...granting('4.99'), slot: '2', settlement: '1.0xe.slot.2', hold: 'escrow' as const };
    const scenario = given(account, first.events);
    scenario.when((state) => grantTitle(state, again)).thenRejects({ code: 'title_already_purchased', title: again.title.id });
    const [event] = scenario
      .when((state) => captureTitle(state, { ...capture, slot: '2', paidBy: again.settlement }))
      .thenAccepts('TitleCaptured/1');
    expect(event?.data).toMatchObject({
      overpaid: { settlement: again.settlement, wallet: '4.99' },
      postings: [
        { account: `liability:ppv-escrow:${id}`, amount: '4.99', direction: 'debit' },
        { account: `liability:wallet:${id}:overpaid`, amount: '4.99', direction: 'credit' },
      ],
    });
    const { state } = given(account, [...first.events, event!]);
    const wallet = eur('4.99').amount;
    expect(state).toMatchObject({ wallet, buckets: new Map([['overpaid', wallet]]) });
    expect(state.status === 'none' ? undefined : state.settlements.get(again.settlement)).toMatchObject({ parts: { wallet } });
  });

  it('rejects in this order: unknown account, currency', () => {
    given(account, [])
      .when((state) => captureTitle(state, capture))
      .thenRejects({ code: 'account_not_found' });
    given(account, new History().prepaid().events)
      .when((state) => captureTitle(state, { ...capture, amount: moneyOf('1', 'USD') }))
      .thenRejects({ code: 'currency_mismatch', account: 'EUR', given: 'USD' });
  });
});
