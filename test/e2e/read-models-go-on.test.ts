import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

/* A command that is accepted must never be one that a read model cannot take: it would stop the books of every provider. */

let api: TestService;
beforeAll(async () => void (api = await startTestService()), 60_000);
afterAll(() => api.close());

const largest = '999999999999999.99';

async function openAccount(billing: 'prepaid' | 'postpaid', creditLimit = '0'): Promise<string> {
  return (await api.post('/v1/accounts', { billing, currency: 'EUR', creditLimit })).body.id as string;
}

const topUp = (account: string, amount: string) => api.post(`/v1/accounts/${account}/top-ups`, { amount, currency: 'EUR', method: 'card' });
const charge = (account: string, amount: string, more: object = {}) =>
  api.post(`/v1/accounts/${account}/charges`, { amount, currency: 'EUR', product: 'tv', description: 'TV', ...more });
const close = (account: string, headers = {}) => api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' }, headers);

/** Every read model has taken everything that was written so far. */
async function expectBooksToGoOn(): Promise<void> {
  const account = await openAccount('prepaid');
  const { body } = await topUp(account, '1');
  for (const path of [`/v1/accounts/${account}`, `/v1/accounts/${account}/statement`, '/v1/trial-balance', '/v1/invoices']) {
    const answer = await api.get(`${path}?after=${body.position}`);
    expect([path, answer.status]).toEqual([path, 200]);
  }
}

async function issued(closed: Answer): Promise<Answer> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const answer = await api.get(`/v1/invoices/${closed.body.id}?after=${closed.body.position}`);
    if (answer.body.status !== 'closing') return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Invoice ${closed.body.id} was not issued in time.`);
}

describe('the books go on', () => {
  afterEach(expectBooksToGoOn, 30_000);

  it('when usage is rated above the largest amount: the charge is refused, and the account lives', async () => {
    const account = await openAccount('prepaid');
    for (let times = 0; times < 2; times++) expect(await topUp(account, largest)).toMatchObject({ status: 201 });
    const bands = [{ band: 'day', product: 'voice', unit: 'minute', rate: '1000000000' }];
    const book = await api.post('/v1/price-books', { name: 'Dear', currency: 'EUR', rounding: 'half-up', decimals: '2', bands });
    const usage = { priceBook: book.body.id, band: 'day', quantity: '1000001', usageRecord: 'switch:1' };
    expect(await api.post(`/v1/accounts/${account}/usage`, usage)).toMatchObject({ status: 409, body: { code: 'charge_too_large' } });
    expect(await charge(account, '1')).toMatchObject({ status: 201 });
  });

  it('when charges add up to the largest amount and are rounded to an invoice', async () => {
    const account = await openAccount('postpaid', '999999999999999.999999');
    expect(await charge(account, '999999999999999.999')).toMatchObject({ status: 409, body: { code: 'credit_limit_exceeded' } });
    expect(await charge(account, '999999999999999.985')).toMatchObject({ status: 201 });
    expect((await issued(await close(account))).body).toMatchObject({ total: largest, status: 'issued' });
  });

  it('when one key closes the charges of two accounts at once: each has an invoice of its own', async () => {
    const accounts = await Promise.all(Array.from({ length: 8 }, () => openAccount('postpaid', '100')));
    await Promise.all(accounts.map((account, index) => charge(account, `${index + 1}`)));
    const key = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(accounts.map((account) => close(account, key)));
    const closings = answers.filter(({ status }) => status === 201);
    expect(answers.map(({ status }) => status)).toContain(201);
    expect(new Set(closings.map(({ body }) => body.id as string)).size).toBe(closings.length);
    for (const closed of closings) {
      const [event] = closed.body.events as { data: { account: string; payable: string } }[];
      expect((await issued(closed)).body).toMatchObject({ account: event?.data.account, total: event?.data.payable });
    }
  });

  it('when an invoice has more different charges than room for lines: they share lines, and the sum stays', async () => {
    const account = await openAccount('postpaid', '10000');
    // One more than an invoice has room for, with texts of many bytes.
    const texts = Array.from({ length: 501 }, (_, index) => `${index} ${'\u{1f4fa}'.repeat(190)}`);
    const charges = await Promise.all(texts.map((description) => charge(account, '1', { description })));
    expect(new Set(charges.map(({ status }) => status))).toEqual(new Set([201]));
    const { lines } = (await issued(await close(account))).body.document as { lines: { count: string; amount: string }[] };
    expect(lines).toEqual([{ product: 'tv', description: 'tv', count: '501', amount: '501.00' }]);
  }, 180_000);

  it('when a time is before the calendar of the database', async () => {
    const account = await openAccount('postpaid', '100');
    expect(await charge(account, '1', { effectiveAt: '0000-01-01T00:00:00.000Z' })).toMatchObject({
      status: 400,
      body: { params: { errors: [{ field: 'effectiveAt', code: 'instant_malformed' }] } },
    });
    await charge(account, '1', { effectiveAt: '1900-01-01T00:00:00.000Z' });
    await charge(account, '1', { effectiveAt: '9999-12-31T23:59:59.999Z' });
    const dueOn = await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '0000-12-31' });
    expect(dueOn).toMatchObject({ status: 400, body: { params: { errors: [{ field: 'dueOn', code: 'date_malformed' }] } } });
  });

  it('when the grace of a title begins before its first day', async () => {
    const sale = { onSaleFrom: '1900-01-01T00:00:00.000Z', onSaleUntil: '9999-12-31T23:59:59.999Z' };
    const shown = { startsAt: '1900-01-01T00:00:00.000Z', endsAt: '9999-12-31T23:59:59.999Z', graceMinutes: '1440' };
    const title = await api.post('/v1/titles', { name: 'All of time', price: '1', currency: 'EUR', ...sale, ...shown });
    const account = await openAccount('prepaid');
    await topUp(account, '1');
    const bought = await api.post(`/v1/accounts/${account}/purchases`, { title: title.body.id });
    expect(bought.status).toBe(201);
    const { body } = await api.get(`/v1/accounts/${account}/entitlements?after=${bought.body.position}`);
    expect(body.entitlements).toMatchObject([{ from: '1899-12-31T00:00:00.000Z' }]);
  });
});
