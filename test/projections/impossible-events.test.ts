import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accounts } from '../../projections/accounts/accounts.projection.ts';
import { entitlements } from '../../projections/entitlements/entitlements.projection.ts';
import { mandates } from '../../projections/mandates/mandates.projection.ts';
import { invoices } from '../../projections/invoices/invoices.projection.ts';
import { books as theBooks } from '../../projections/books/books.projection.ts';
import { readModels } from '../../services/main/read-models.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { accountId, Books, invoiceId } from './books.ts';
import { ReadModels } from './read-models.ts';

let models: ReadModels;
beforeAll(async () => {
  models = await ReadModels.create();
});
afterAll(() => models.drop());

const line = { account: 'asset:cash:card', amount: '1.00', currency: 'EUR', direction: 'debit' };
const other = { account: 'revenue:x', amount: '1.00', currency: 'EUR', direction: 'credit' };
const reverses = { event: '00000000-0000-5000-8000-000000000001', revision: '9', type: 'TitlePurchased/1' };
const effects = { wallet: '0.00', unbilled: '0.00', reopened: [] };

/** Nothing that the write side accepts; something wrote them behind the port. */
const impossible: readonly [string, Projection, string, object][] = [
  ['postings that do not balance', theBooks, 'Posted/1', { postings: [line, { ...other, amount: '2.00' }] }],
  ['postings that balance across currencies only', theBooks, 'Posted/1', { postings: [line, { ...other, currency: 'USD' }] }],
  ['postings that are no list', theBooks, 'Posted/1', { postings: 'none' }],
  ['a posting that is text', theBooks, 'Posted/1', { postings: ['none'] }],
  ['a posting without an amount', theBooks, 'Posted/1', { postings: [{ account: 'a', currency: 'EUR', direction: 'debit' }] }],
  ['a posting of a negative amount', theBooks, 'Posted/1', { postings: [{ ...line, amount: '-1.00' }, other] }],
  ['a posting finer than the ledger', theBooks, 'Posted/1', { postings: [{ ...line, amount: '1.0000001' }, other] }],
  ['a posting in an unknown currency', theBooks, 'Posted/1', { postings: [{ ...line, currency: 'XXX' }] }],
  ['a business time that is a word', theBooks, 'Posted/1', { postings: [line, other], effectiveAt: 'yesterday' }],
  ['a business time that no calendar has', theBooks, 'Posted/1', { postings: [line, other], effectiveAt: '2026-02-30T00:00:00.000Z' }],
  ['a posting in no direction', theBooks, 'Posted/1', { postings: [{ ...line, direction: 'both' }] }],
  [
    'money on an account that was never opened',
    accounts,
    'Posted/1',
    { postings: [{ ...line, account: `asset:unbilled:${accountId(9)}` }, other] },
  ],
  [
    'a number for an invoice that was never closed',
    invoices,
    'NumberAssigned/1',
    { series: 'main', invoice: invoiceId(9), sequence: '1', number: 'I1' },
  ],
  [
    'a payment of an invoice that was never closed',
    invoices,
    'PaymentReceived/1',
    { currency: 'EUR', allocations: [{ invoice: invoiceId(9), amount: '1.00' }] },
  ],
  ['the end of a mandate that was never offered', mandates, 'MandateRevoked/1', { mandate: `0x${'1'.repeat(64)}`, by: 'chain' }],
  ['a reversal of a purchase that never was', entitlements, 'EntryReversed/1', { account: accountId(1), reverses, effects }],
];

describe('a read model stops loudly at', () => {
  it.each(impossible)('%s', async (_, projection, type, data) => {
    const books = new Books();
    await books.open(accountId(1));
    await books.charge(accountId(1), '1');
    await books.append('demo.note-1', [{ type, data }]);
    const status = await models.halt(books.store, projection);
    expect(status.state).toBe('halted');
    expect(status.error?.message).toContain(books.last.id);
    expect(status.position).toBeLessThan(books.last.position);
  });
});

describe('every read model', () => {
  it('passes over an event that breaks the format, and goes on', async () => {
    const books = new Books();
    await books.open(accountId(1));
    await books.charge(accountId(1), '1');
    const [stored] = await books.append('demo.note-1', [{ type: 'Noted/1', data: {} }]);
    const data = '{"fin":{"postings":"none"}}' as Parameters<typeof books.store.append>[0]['events'][number]['data'];
    const id = '00000000-0000-5000-8000-000000000001';
    await books.store.append({ stream: 'demo.note-1', expected: stored?.revision ?? 0n, events: [{ id, type: 'Posted/1', data }] });
    await books.charge(accountId(1), '2');
    await models.rebuild(books.store, readModels);
    const [row] = await models.rows<{ unbilled: string }>('select trim_scale(unbilled)::text as unbilled from accounts');
    expect(row).toEqual({ unbilled: '3' });
  });
});
