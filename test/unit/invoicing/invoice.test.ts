import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccountEvent, ChargesClosed } from '../../../services/accounts/domain/account.events.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { reverseEntry } from '../../../services/accounts/domain/reversal.decider.ts';
import { GrowingMap } from '../../../services/commands/domain/growing-map.ts';
import { invoice, issueInvoice } from '../../../services/invoicing/domain/invoice.ts';
import { assignNumbers, series } from '../../../services/invoicing/domain/series.ts';
import { at, History, invoiceId } from '../accounts/account.fixtures.ts';
import { eventId, given } from '../../support/given.ts';

function issueData(history: History, number = 'INV-000001') {
  const closed = history.events.at(-1)?.data as ChargesClosed;
  const entries = history.events
    .map((event, index) => ({ event, revision: BigInt(index) }))
    .filter(({ revision }) => revision >= BigInt(closed.fromRevision) && revision <= BigInt(closed.toRevision));
  return { closed, stream: 'demo.account-1', entries, number, issuedAt: at };
}

describe('issueInvoice', () => {
  it('sums the charges of the closed range by product, and names where they stand', () => {
    const data = issueData(new History().postpaid().charged('1.0025').purchased('4.99').charged('1.0025').closed(1));
    const [event] = given(invoice, [])
      .when((state) => issueInvoice(state, data))
      .thenAccepts('InvoiceIssued/1');
    expect(event?.data).toMatchObject({
      invoice: invoiceId(1),
      number: 'INV-000001',
      charges: { stream: 'demo.account-1', fromRevision: '1', toRevision: '3' },
      lines: [
        { product: 'internet-100', description: 'Internet 100', count: '2', amount: '2.005' },
        { product: 'ppv', description: 'Final', count: '1', amount: '4.99' },
      ],
      taxLines: [{ code: 'untaxed', net: '6.995', payable: '7.00' }],
      total: '7.00',
    });
  });

  it('leaves out charges to the wallet and charges that were taken back', () => {
    const history = new History().postpaid().toppedUp('10').charged('3', 'wallet').charged('4').charged('5');
    const original = { id: eventId(3), revision: 3n, event: history.events[3]! };
    const { state } = given(account, history.events);
    const decision = reverseEntry(state, { original, reason: 'mistake', effectiveAt: at });
    if (decision.kind !== 'accepted') throw new Error(decision.kind);
    history.events.push(...decision.events);
    const [event] = given(invoice, [])
      .when((current) => issueInvoice(current, issueData(history.closed(1))))
      .thenAccepts('InvoiceIssued/1');
    expect(event?.data.lines).toEqual([{ product: 'internet-100', description: 'Internet 100', count: '1', amount: '5.00' }]);
  });

  it('has at most 500 lines: by description, else by product, else one', () => {
    const many = (count: number, change: (index: number) => object): object[] => {
      const history = new History().postpaid('2000');
      for (let index = 0; index < count; index++) history.charged('1');
      const data = issueData(history.closed(1));
      const entries = data.entries.map(({ event, revision }, index) => {
        return { event: { ...event, data: { ...event.data, ...change(index) } } as AccountEvent, revision };
      });
      const decision = issueInvoice({ status: 'none' }, { ...data, entries });
      return decision.kind === 'accepted' ? [...decision.events[0].data.lines] : [];
    };
    expect(many(500, (index) => ({ description: `Call ${index}` }))).toHaveLength(500);
    expect(many(501, (index) => ({ description: `Call ${index}`, product: `voice-${index % 2}` }))).toEqual([
      { product: 'voice-0', description: 'voice-0', count: '251', amount: '251.00' },
      { product: 'voice-1', description: 'voice-1', count: '250', amount: '250.00' },
    ]);
    expect(many(501, (index) => ({ product: `voice-${index}` }))).toEqual([
      { product: 'various', description: 'various', count: '501', amount: '501.00' },
    ]);
  });

  it('repeats the same number and rejects a second one', () => {
    const data = issueData(new History().postpaid().charged('1').closed(1));
    const issued = given(invoice, [])
      .when((state) => issueInvoice(state, data))
      .thenAccepts('InvoiceIssued/1');
    given(invoice, issued)
      .when((state) => issueInvoice(state, data))
      .thenRepeats(0n);
    given(invoice, issued)
      .when((state) => issueInvoice(state, { ...data, number: 'INV-000002' }))
      .thenRejects({ code: 'invoice_already_issued', number: 'INV-000001' });
  });

  it('is a defect when the lines do not add up to what the account closed', () => {
    const data = issueData(new History().postpaid().charged('1').charged('2').closed(1));
    expect(() => issueInvoice({ status: 'none' }, { ...data, entries: data.entries.slice(1) })).toThrow('do not add up');
  });
});

describe('assignNumbers', () => {
  const numbers = (...invoices: [string, ...string[]]) => ({ series: 'main', invoices });

  it('[C10] continues the sequence without a gap and keeps the number that an invoice has', () => {
    const first = given(series, [])
      .when((state) => assignNumbers(state, numbers('a', 'b')))
      .thenAccepts('NumberAssigned/1', 'NumberAssigned/1');
    const [event] = given(series, first)
      .when((state) => assignNumbers(state, numbers('b', 'c')))
      .thenAccepts('NumberAssigned/1');
    expect(event?.data).toEqual({ series: 'main', invoice: 'c', sequence: '3', number: 'INV-000003' });
  });

  it('changes nothing when every invoice has its number', () => {
    const first = given(series, [])
      .when((state) => assignNumbers(state, numbers('a', 'b')))
      .thenAccepts('NumberAssigned/1', 'NumberAssigned/1');
    given(series, first)
      .when((state) => assignNumbers(state, numbers('b')))
      .thenRepeats(1n);
  });
});

describe('GrowingMap', () => {
  it('is a map that no later entry changes', () => {
    const entries = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat()));
    fc.assert(
      fc.property(entries, fc.array(fc.tuple(fc.nat({ max: 9 }), fc.constantFrom('x', 'y'), fc.nat())), (all, branches) => {
        const versions = [{ map: GrowingMap.empty<string, number>(), model: new Map<string, number>() }];
        const grow = (at: number, key: string, value: number) => {
          const { map, model } = versions[at % versions.length]!;
          versions.push({ map: map.with(key, value), model: model.has(key) ? model : new Map(model).set(key, value) });
        };
        all.forEach(([key, value]) => grow(versions.length - 1, key, value));
        branches.forEach(([at, key, value]) => grow(at, key, value));
        for (const { map, model } of versions) {
          for (const key of ['a', 'b', 'c', 'd', 'e', 'x', 'y']) expect(map.get(key)).toBe(model.get(key));
        }
      }),
    );
  });
});
