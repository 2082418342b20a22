import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestService, type TestService } from '../support/service.ts';

let api: TestService;
let account: string;
let priceBook: string;
const unknownAccount = 'acc_00000000-0000-5000-8000-000000000000';

const priceBookBody = {
  name: 'Voice',
  currency: 'EUR',
  rounding: 'half-up',
  decimals: '2',
  bands: [{ band: 'day', product: 'voice-day', unit: 'minute', rate: '0.17' }],
};
const titleBody = {
  name: 'Final',
  price: '4.99',
  currency: 'EUR',
  onSaleFrom: '2020-01-01T00:00:00.000Z',
  onSaleUntil: '2099-01-01T00:00:00.000Z',
  startsAt: '2098-01-01T00:00:00.000Z',
  endsAt: '2098-01-02T00:00:00.000Z',
};

beforeAll(async () => {
  api = await startTestService();
  account = (await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' })).body.id;
  priceBook = (await api.post('/v1/price-books', priceBookBody)).body.id;
});
afterAll(() => api.close());

/** A valid body of every command, by path. `:account` stands for an open account. */
const valid: Readonly<Record<string, () => Record<string, unknown>>> = {
  '/v1/accounts': () => ({ billing: 'prepaid', currency: 'EUR', creditLimit: '0' }),
  '/v1/accounts/:account/top-ups': () => ({ amount: '10', currency: 'EUR', method: 'card' }),
  '/v1/accounts/:account/charges': () => ({ amount: '1', currency: 'EUR', product: 'internet-100', description: 'Internet' }),
  '/v1/accounts/:account/usage': () => ({ priceBook, band: 'day', quantity: '10', usageRecord: 'switch:1' }),
  '/v1/accounts/:account/purchases': () => ({ title: 'ttl_00000000-0000-5000-8000-000000000000' }),
  '/v1/accounts/:account/payments': () => ({ amount: '1', currency: 'EUR', method: 'bank', reference: 'R1' }),
  '/v1/accounts/:account/reversals': () => ({ entry: '0', reason: 'mistake' }),
  '/v1/accounts/:account/invoices': () => ({ dueOn: '2026-12-31' }),
  '/v1/price-books': () => priceBookBody,
  '/v1/titles': () => titleBody,
};
const optional = new Set(['creditLimit']);

const amountCases: readonly (readonly [unknown, string])[] = [
  [10, 'amount_malformed'],
  [true, 'amount_malformed'],
  [null, 'amount_malformed'],
  [{}, 'amount_malformed'],
  [['1'], 'amount_malformed'],
  ['', 'amount_malformed'],
  ['ten', 'amount_malformed'],
  ['1e3', 'amount_malformed'],
  ['1,50', 'amount_malformed'],
  [' 1', 'amount_malformed'],
  ['01', 'amount_malformed'],
  ['-1', 'amount_not_positive'],
  ['0', 'amount_not_positive'],
  ['0.00', 'amount_not_positive'],
  ['1.0000001', 'amount_too_precise'],
  ['9'.repeat(16), 'amount_too_large'],
  ['9'.repeat(5000), 'amount_too_large'],
];

const wrongValues: Readonly<Record<string, readonly (readonly [unknown, string])[]>> = {
  amount: amountCases,
  price: amountCases,
  creditLimit: amountCases.filter(([, code]) => code !== 'amount_not_positive'),
  currency: ['eur', 'XXX', '', 1, null, '__proto__'].map((value) => [value, 'currency_unknown'] as const),
  billing: ['free', '', 1, null].map((value) => [value, 'choice_unknown'] as const),
  method: ['Card', '', 'a:b', 'x'.repeat(33), 1, null].map((value) => [value, 'text_malformed'] as const),
  product: ['', 'ärger', 'a b', '-a', 7, null].map((value) => [value, 'text_malformed'] as const),
  description: [
    ['', 'text_malformed'],
    ['a\u0000b', 'text_malformed'],
    [' a', 'text_malformed'],
    [1, 'text_malformed'],
    ['\ud800', 'text_malformed'],
    ['x'.repeat(201), 'text_too_long'],
  ],
  reference: [
    ['', 'text_malformed'],
    [1, 'text_malformed'],
    ['x'.repeat(129), 'text_too_long'],
  ],
  reason: [['', 'text_malformed']],
  usageRecord: [['', 'text_malformed']],
  priceBook: ['pbk_1', '', 1, 'acc_00000000-0000-5000-8000-000000000000'].map((value) => [value, 'id_malformed'] as const),
  title: ['1', '', 1].map((value) => [value, 'id_malformed'] as const),
  band: [['Day', 'text_malformed']],
  quantity: ['-1', '', 'x', 1, '1e2', '1.0000000000001'].map((value) => [value, 'decimal_malformed'] as const),
  entry: ['-1', '', 'x', 1, '9'.repeat(19), '01'].map((value) => [value, 'number_malformed'] as const),
  dueOn: ['2026-02-30', 'tomorrow', '', 20261231, '2026-1-1'].map((value) => [value, 'date_malformed'] as const),
  rounding: [['nearest', 'choice_unknown']],
  decimals: ['7', '-1', 2].map((value) => [value, 'number_malformed'] as const),
  bands: [
    [[], 'list_empty'],
    ['x', 'list_malformed'],
    [[...priceBookBody.bands, ...priceBookBody.bands], 'list_not_unique'],
  ],
  onSaleFrom: ['2020-01-01', 'x', 1, '2020-13-01T00:00:00.000Z', '2020-01-01T00:00:00Z'].map(
    (value) => [value, 'instant_malformed'] as const,
  ),
};

const url = (path: string) => path.replace(':account', account);

describe('every field of every command', () => {
  for (const [path, body] of Object.entries(valid)) {
    it(`${path} refuses a missing field by name`, async () => {
      for (const field of Object.keys(body()).filter((name) => !optional.has(name))) {
        const { [field]: _, ...rest } = body();
        const answer = await api.post(url(path), rest);
        expect(answer).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
        expect(answer.body.params.errors).toMatchObject([{ field }]);
      }
    });

    it(`${path} refuses wrong values by field and code`, async () => {
      for (const field of Object.keys(body())) {
        for (const [value, code] of wrongValues[field] ?? []) {
          const answer = await api.post(url(path), { ...body(), [field]: value });
          expect([field, value, answer.body.params?.errors?.[0]]).toEqual([field, value, { field, code }]);
          expect(answer.status).toBe(400);
        }
      }
    });

    it(`${path} refuses a field that it does not know`, async () => {
      const answer = await api.post(url(path), { ...body(), provider: 'other' });
      expect(answer).toMatchObject({ status: 400, body: { params: { errors: [{ field: 'provider', code: 'field_unknown' }] } } });
    });

    it(`${path} refuses a request without a key, with a bad key, without a token`, async () => {
      expect(await api.post(url(path), body(), { 'idempotency-key': '' })).toMatchObject({
        status: 400,
        body: { code: 'idempotency_key_missing' },
      });
      const long = { 'idempotency-key': 'x'.repeat(256) };
      expect(await api.post(url(path), body(), long)).toMatchObject({ status: 400, body: { code: 'idempotency_key_invalid' } });
      for (const authorization of ['', 'Bearer', 'Bearer x', `Bearer ${api.token}x`, `Basic ${api.token}`]) {
        expect(await api.post(url(path), body(), { authorization })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      }
      expect(await api.post(url(path), body(), { authorization: `Bearer ${api.operatorToken}` })).toMatchObject({ status: 403 });
    });
  }

  it('names a wrong field inside a list', async () => {
    const bands = [{ ...priceBookBody.bands[0], rate: '-1' }];
    const answer = await api.post('/v1/price-books', { ...priceBookBody, bands });
    expect(answer.body.params.errors).toEqual([{ field: 'bands.0.rate', code: 'decimal_malformed' }]);
  });

  it('answers a problem document with a trace id for bodies that are no JSON object', async () => {
    for (const body of ['', '{', '[]', '"x"', 'null', '1']) {
      const answer = await api.post('/v1/accounts', body);
      expect([body, answer.status]).toEqual([body, 400]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body.traceId).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('refuses bodies that are too large or of another media type', async () => {
    expect(await api.post('/v1/accounts', `{"x":"${'x'.repeat(300_000)}"}`)).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    expect(await api.post('/v1/accounts', 'a=b', { 'content-type': 'text/csv' })).toMatchObject({ status: 415 });
  });

  it('answers 404 for accounts that do not exist or cannot', async () => {
    for (const id of [unknownAccount, 'x', '..%2f', 'inv_00000000-0000-5000-8000-000000000000', "acc_' or 1=1"]) {
      const answer = await api.post(`/v1/accounts/${encodeURIComponent(id)}/top-ups`, { amount: '10', currency: 'EUR', method: 'card' });
      expect([id, answer.status, answer.body.code]).toEqual([id, 404, 'account_not_found']);
    }
    expect(await api.post('/v1/nothing', {})).toMatchObject({ status: 404, body: { code: 'route_not_found' } });
  });

  it('answers 409 for another currency, and 400 for an If-Match that is no revision', async () => {
    const body = { amount: '10', currency: 'USD', method: 'card' };
    expect(await api.post(url('/v1/accounts/:account/top-ups'), body)).toMatchObject({ status: 409, body: { code: 'currency_mismatch' } });
    for (const tag of ['1', '"x"', 'W/"1"', '*', '"01"']) {
      const answer = await api.post(url('/v1/accounts/:account/top-ups'), { ...body, currency: 'EUR' }, { 'if-match': tag });
      expect([tag, answer.status, answer.body.code]).toEqual([tag, 400, 'if_match_invalid']);
    }
  });
});
