import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProjectedCommandLog } from '../../projections/commands/commands.query.ts';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

let api: TestService;
beforeAll(async () => void (api = await startTestService()), 60_000);
afterAll(() => api.close());

const openAnAccount = (billing: 'prepaid' | 'postpaid', creditLimit: string, headers = {}) =>
  api.post('/v1/accounts', { billing, currency: 'EUR', creditLimit }, headers);

async function openAccount(billing: 'prepaid' | 'postpaid', creditLimit = '0'): Promise<string> {
  const answer = await openAnAccount(billing, creditLimit);
  expect(answer.status).toBe(201);
  return answer.body.id as string;
}

/** What every client does: a request that was too much at the moment (503) is sent again under its key. */
async function insist(send: (headers: Readonly<Record<string, string>>) => Promise<Answer>): Promise<Answer> {
  const headers = { 'idempotency-key': randomUUID() };
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    const answer = await send(headers);
    if (answer.status !== 503 || Date.now() > deadline) return answer;
  }
}

const topUp = (account: string, amount: string, headers = {}) =>
  api.post(`/v1/accounts/${account}/top-ups`, { amount, currency: 'EUR', method: 'card' }, headers);
const charge = (account: string, amount: string, headers = {}) =>
  api.post(`/v1/accounts/${account}/charges`, { amount, currency: 'EUR', product: 'internet-100', description: 'Internet 100' }, headers);
const pay = (account: string, amount: string, reference: string, headers = {}) =>
  api.post(`/v1/accounts/${account}/payments`, { amount, currency: 'EUR', method: 'bank', reference }, headers);

/** The invoice once it is issued: its number and document follow its closing within moments. */
async function issuedInvoice(id: string, closed: Answer): Promise<Answer> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const answer = await api.get(`/v1/invoices/${id}?after=${closed.body.position}`);
    if (answer.body.status !== 'closing') return answer;
    await sleep(50);
  }
  throw new Error(`Invoice ${id} was not issued in time.`);
}

/** Every invoice of the provider by its id, page by page. */
async function allInvoices(): Promise<Map<string, { readonly number: string }>> {
  const invoices = new Map<string, { number: string }>();
  for (let from = ''; ;) {
    const { body } = await api.get(`/v1/invoices?limit=500${from}`);
    for (const invoice of body.invoices as { invoice: string; number: string }[]) invoices.set(invoice.invoice, invoice);
    if (body.next === undefined) return invoices;
    from = `&from=${body.next}`;
  }
}

describe('commands over HTTP', () => {
  it('answer the events, the position, the receipt, an ETag and a Location', async () => {
    const account = await openAccount('prepaid');
    const answer = await topUp(account, '25');
    expect(answer).toMatchObject({ status: 201, body: { id: account, revision: '1', events: [{ type: 'ToppedUp/1', revision: '1' }] } });
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('location')).toBe(`/v1/accounts/${account}`);
    const promise = JSON.parse(Buffer.from(answer.body.receipt.promise, 'base64').toString()) as Record<string, string>;
    expect(promise).toMatchObject({ id: answer.body.events[0].id, rev: '1', stream: `demo.account-${account}`, v: 'tallyroot-promise/1' });
    expect(answer.body.receipt.note).toContain('tallyroot-promises/1\n');
  });

  it('answer a repeat with the same events and promise, and say that it is one', async () => {
    const account = await openAccount('prepaid');
    const key = { 'idempotency-key': randomUUID() };
    const first = await topUp(account, '25', key);
    const again = await topUp(account, '25.00', key);
    expect(again.status).toBe(422); // Another text is another body.
    const repeat = await topUp(account, '25', key);
    expect(repeat.headers.get('idempotent-replayed')).toBe('true');
    expect({ ...repeat.body, receipt: repeat.body.receipt.promise }).toEqual({ ...first.body, receipt: first.body.receipt.promise });
  });

  it('[A4] make one top-up of a repeated request, whichever channel it comes by', async () => {
    const account = await openAccount('prepaid');
    const body = { amount: '25', currency: 'EUR', method: 'cash' };
    for (const [channel, asked] of Object.entries({ api: body, operator: { ...body, channel: 'operator' } })) {
      const key = { 'idempotency-key': randomUUID() };
      const send = () => api.post(`/v1/accounts/${account}/top-ups`, asked, key);
      const [first, ...repeats] = await Promise.all([send(), send(), send()]);
      expect(first?.body.events).toMatchObject([{ type: 'ToppedUp/1', data: { channel, amount: '25.00' } }]);
      for (const repeat of repeats) expect(repeat.body.events).toEqual(first?.body.events);
    }
    expect(await api.post(`/v1/accounts/${account}/top-ups`, { ...body, channel: 'voucher' })).toMatchObject({ status: 400 });
    const { body: view } = await api.get(`/v1/accounts/${account}/statement?after=${(await topUp(account, '1')).body.position}`);
    expect(view).toMatchObject({ closing: { wallet: '51.00' } });
    expect(view.rows).toHaveLength(3);
  });

  it('[K11] make one account of 50 parallel repeats of a create', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' }, key)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => `${body.id} ${body.events[0].id} ${body.position} ${body.receipt.promise}`)).size).toBe(1);
  });

  it('refuse a key that was used on another account, once the command log has seen it', async () => {
    const [one, other] = [await openAccount('prepaid'), await openAccount('prepaid')];
    const key = { 'idempotency-key': randomUUID() };
    const first = await topUp(one, '25', key);
    const log = new ProjectedCommandLog(api.service.pool);
    for (const deadline = Date.now() + 60_000; (await log.position()) < BigInt(first.body.position); await sleep(20))
      if (Date.now() > deadline) throw new Error('The command log did not come so far.');
    expect(await topUp(other, '25', key)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await topUp(one, '25', key)).toMatchObject({ status: 201, body: { events: first.body.events } });
  });

  it('honour If-Match', async () => {
    const account = await openAccount('prepaid');
    expect(await topUp(account, '1', { 'if-match': '"0"' })).toMatchObject({ status: 201 });
    expect(await topUp(account, '1', { 'if-match': '"0"' })).toMatchObject({
      status: 412,
      body: { code: 'revision_mismatch', params: { expected: '0', actual: '1' } },
    });
  });

  it('[A1] let 200 concurrent debits of one account spend exactly what it holds', async () => {
    const account = await openAccount('prepaid', '5');
    await topUp(account, '95');
    const answers = await Promise.all(Array.from({ length: 200 }, () => charge(account, '1')));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(100);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({ code: 'insufficient_funds', params: { required: '1.00', currency: 'EUR' } });
    const last = Math.max(...answers.map(({ body }) => Number(body.position ?? 0)));
    const balances = await api.get(`/v1/accounts/${account}/balances?after=${last}`);
    expect(balances.body).toMatchObject({ balances: { wallet: '-5.00' } });
  });
});

describe('an invoice', () => {
  it('[D4] is numbered, documented, partly paid, paid and overpaid', async () => {
    const account = await openAccount('postpaid', '500');
    await charge(account, '30.004');
    await charge(account, '20');
    const closed = await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' });
    expect(closed.headers.get('location')).toBe(`/v1/invoices/${closed.body.id}`);
    const invoice = await issuedInvoice(closed.body.id as string, closed);
    expect(invoice.body).toMatchObject({ status: 'issued', total: '50.00', currency: 'EUR', dueOn: '2026-12-31' });
    expect(invoice.body.number).toMatch(/^INV-\d{6}$/);
    const partly = await pay(account, '20', 'P1');
    const twice = await pay(account, '20', 'P1');
    expect(twice.body.events[0].id).toBe(partly.body.events[0].id);
    expect(await api.get(`/v1/invoices/${closed.body.id}?after=${partly.body.position}`)).toMatchObject({
      body: { status: 'partially_paid' },
    });
    const over = await pay(account, '35', 'P2');
    expect(await api.get(`/v1/invoices/${closed.body.id}?after=${over.body.position}`)).toMatchObject({ body: { status: 'paid' } });
    expect(await api.get(`/v1/accounts/${account}/balances?after=${over.body.position}`)).toMatchObject({
      body: { balances: { wallet: '5.00', unbilled: '0.00', receivable: '0.00' } },
    });
  });

  it('is refused without unbilled charges', async () => {
    const account = await openAccount('postpaid', '500');
    expect(await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' })).toMatchObject({
      status: 409,
      body: { code: 'nothing_to_invoice' },
    });
  });

  it('[C10] gets numbers without gap or duplicate when 1,000 are issued at once', async () => {
    const accounts = await Promise.all(Array.from({ length: 1_000 }, () => insist((key) => openAnAccount('postpaid', '500', key))));
    await Promise.all(accounts.map(({ body }) => insist((key) => charge(body.id as string, '1', key))));
    const closings = await Promise.all(
      accounts.map(({ body }) =>
        insist((key) => api.post(`/v1/accounts/${body.id}/invoices`, { dueOn: '2026-12-31', series: 'thousand' }, key)),
      ),
    );
    const last = closings.reduce((most, { body }) => (BigInt(body.position) > most ? BigInt(body.position) : most), 0n);
    const closing = async () => (await api.get(`/v1/invoices?status=closing&limit=1&after=${last}`)).body.invoices as unknown[];
    for (const deadline = Date.now() + 60_000; (await closing()).length > 0; await sleep(100))
      if (Date.now() > deadline) throw new Error('The invoices were not issued in time.');
    const invoices = await allInvoices();
    for (const closed of closings) expect(invoices.get(closed.body.id as string)).toMatchObject({ series: 'thousand', status: 'issued' });
    const numbers = closings.map(({ body }) => Number(invoices.get(body.id as string)?.number.slice(4)));
    expect(numbers.sort((left, right) => left - right)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  }, 300_000);
});

describe('[A12] a pay-per-view title', () => {
  const title = (startsAt: Date) => ({
    name: 'Cup final',
    price: '4.99',
    currency: 'EUR',
    onSaleFrom: '2020-01-01T00:00:00.000Z',
    onSaleUntil: '2099-01-01T00:00:00.000Z',
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + 7_200_000).toISOString(),
    graceMinutes: '15',
  });

  it('is paid from the wallet and may be watched in its window only', async () => {
    const starts = new Date('2098-01-01T20:00:00.000Z');
    const listed = await api.post('/v1/titles', title(starts));
    const account = await openAccount('prepaid');
    expect(await api.post(`/v1/accounts/${account}/purchases`, { title: listed.body.id })).toMatchObject({
      body: { code: 'insufficient_funds' },
    });
    await topUp(account, '10');
    const bought = await api.post(`/v1/accounts/${account}/purchases`, { title: listed.body.id });
    expect(bought.status).toBe(201);
    const at = async (instant: string) =>
      (await api.get(`/v1/accounts/${account}/entitlements?at=${instant}&after=${bought.body.position}`)).body.entitlements as unknown[];
    expect(await at('2098-01-01T19:44:59.999Z')).toHaveLength(0);
    expect(await at('2098-01-01T19:45:00.000Z')).toHaveLength(1);
    expect(await at('2098-01-01T21:59:59.999Z')).toHaveLength(1);
    expect(await at('2098-01-01T22:00:00.000Z')).toHaveLength(0);
    expect(await api.post(`/v1/accounts/${account}/purchases`, { title: listed.body.id })).toMatchObject({
      body: { code: 'title_already_purchased' },
    });
    const reversed = await api.post(`/v1/accounts/${account}/reversals`, { entry: bought.body.revision, reason: 'Event cancelled' });
    const after = await api.get(`/v1/accounts/${account}/entitlements?at=2098-01-01T20:00:00.000Z&after=${reversed.body.position}`);
    expect(after.body.entitlements).toHaveLength(0);
  });

  it('[A12] goes onto the next bill of a postpaid account, may be watched in its window only, and expires by itself', async () => {
    const [starts, account] = [new Date('2098-01-01T20:00:00.000Z'), await openAccount('postpaid', '7')];
    const [final, replay] = [await api.post('/v1/titles', title(starts)), await api.post('/v1/titles', title(starts))];
    const bought = await api.post(`/v1/accounts/${account}/purchases`, { title: final.body.id });
    expect([bought.status, bought.body.events[0].data.source]).toEqual([201, 'invoice']);
    const order = await api.post(`/v1/accounts/${account}/purchases`, { title: replay.body.id });
    expect(order).toMatchObject({ status: 409, body: { code: 'credit_limit_exceeded' } });
    const at = async (instant: string) => {
      const { body } = await api.get(`/v1/accounts/${account}/entitlements?at=${instant}&after=${bought.body.position}`);
      return (body.entitlements as { title: string }[]).map(({ title: watched }) => watched);
    };
    // What was ordered and not paid for grants nothing at any time.
    expect(await at('2098-01-01T19:44:59.999Z')).toEqual([]);
    expect(await at('2098-01-01T19:45:00.000Z')).toEqual([final.body.id]);
    expect(await at('2098-01-01T21:59:59.999Z')).toEqual([final.body.id]);
    expect(await at('2098-01-01T22:00:00.000Z')).toEqual([]);
    const closed = await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' });
    const invoice = await issuedInvoice(closed.body.id as string, closed);
    expect(invoice.body).toMatchObject({ status: 'issued', total: '4.99', document: { lines: [{ description: 'Cup final' }] } });
  });
});

describe('two providers', () => {
  it('never see or touch each other’s accounts', async () => {
    const operator = { authorization: `Bearer ${api.operatorToken}` };
    expect(await api.post('/v1/providers', { slug: 'other', name: 'Other' }, operator)).toMatchObject({ status: 201 });
    const key = await api.post('/v1/providers/other/api-keys', {}, operator);
    const other = { authorization: `Bearer ${key.body.token}` };
    const account = await openAccount('prepaid');
    const topped = await topUp(account, '10');
    for (const path of ['', '/balances', '/statement', '/entitlements', '/notices']) {
      const answer = await api.get(`/v1/accounts/${account}${path}`, other);
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'account_not_found']);
    }
    expect(await topUp(account, '10', other)).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
    expect(await api.get(`/v1/accounts/${account}/balances?after=${topped.body.position}`)).toMatchObject({
      body: { balances: { wallet: '10.00' } },
    });
    expect((await api.get('/v1/accounts', other)).body.accounts).toEqual([]);
  });

  it('are registered once, by the operator alone', async () => {
    const operator = { authorization: `Bearer ${api.operatorToken}` };
    expect(await api.post('/v1/providers', { slug: 'third', name: 'Third' })).toMatchObject({ status: 403 });
    const body = { slug: 'third', name: 'Third' };
    expect(await api.post('/v1/providers', body, { ...operator, 'idempotency-key': 'third' })).toMatchObject({ status: 201 });
    expect(await api.post('/v1/providers', body, { ...operator, 'idempotency-key': 'third' })).toMatchObject({ status: 201 });
    expect(await api.post('/v1/providers', body, { ...operator, 'idempotency-key': 'fourth' })).toMatchObject({ status: 409 });
    expect(await api.post('/v1/providers', { slug: 'Bad!', name: 'x' }, operator)).toMatchObject({ status: 400 });
  });
});
