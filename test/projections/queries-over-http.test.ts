import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

let api: TestService;
let account: string;
let invoice: string;
/** Of the last command. */
let position: string;
/** Headers of another provider's key. */
let stranger: { readonly authorization: string };

async function sent(path: string, body: object): Promise<Answer['body']> {
  const answer = await api.post(path, body);
  expect(answer.status).toBe(201);
  position = answer.body.position as string;
  return answer.body;
}

const eur = (amount: string) => ({ amount, currency: 'EUR' });

beforeAll(async () => {
  api = await startTestService();
  const operator = { authorization: `Bearer ${api.operatorToken}` };
  await api.post('/v1/providers', { slug: 'other', name: 'Other' }, operator);
  const key = await api.post('/v1/providers/other/api-keys', {}, operator);
  stranger = { authorization: `Bearer ${key.body.token}` };
  account = (await sent('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' })).id as string;
  await sent(`/v1/accounts/${account}/top-ups`, { ...eur('10'), method: 'card' });
  await sent(`/v1/accounts/${account}/charges`, { ...eur('4.275'), product: 'internet-100', description: 'Internet 100' });
  invoice = (await sent(`/v1/accounts/${account}/invoices`, { dueOn: '2026-04-01' })).id as string;
  await sent(`/v1/accounts/${account}/payments`, { ...eur('1'), method: 'bank', reference: 'R1' });
});
afterAll(() => api.close());

const after = (path: string) => `${path}${path.includes('?') ? '&' : '?'}after=${position}`;

describe('queries', () => {
  it('show what their caller has just written, with amounts as text beside their currency', async () => {
    const balances = { wallet: '10.00', unbilled: '0.00', receivable: '3.28' };
    expect(await api.get(after(`/v1/accounts/${account}/balances`))).toMatchObject({
      status: 200,
      body: { account, currency: 'EUR', balances },
    });
    const view = await api.get(after(`/v1/accounts/${account}`));
    expect(view.body).toMatchObject({ account, billing: 'postpaid', currency: 'EUR', creditLimit: '100.00', balances, revision: '4' });
    expect(view.headers.get('etag')).toBe('"4"');
    expect(BigInt(view.body.asOfPosition as string)).toBeGreaterThanOrEqual(BigInt(position));
    expect((await api.get(after('/v1/accounts'))).body.accounts).toMatchObject([{ account, balances }]);
    expect((await api.get(after(`/v1/invoices/${invoice}`))).body).toMatchObject({
      invoice,
      account,
      total: '4.28',
      paid: '1.00',
      open: '3.28',
    });
    expect((await api.get(after(`/v1/invoices?account=${account}`))).body.invoices).toMatchObject([{ invoice }]);
    const statement = await api.get(after(`/v1/accounts/${account}/statement`));
    expect(statement.body).toMatchObject({ opening: { wallet: '0.00' }, closing: balances });
    expect((await api.get(after(`/v1/accounts/${account}/entitlements`))).body.entitlements).toEqual([]);
    const trial = await api.get(after('/v1/trial-balance'));
    expect(trial.body.currencies).toMatchObject([{ currency: 'EUR', balance: '0.00' }]);
    expect((await api.get(after(`/v1/journal?account=${account}`))).body.lines).toHaveLength(5);
  });

  it('[E9] show balances as they were at a position', async () => {
    const { body } = await api.get(after(`/v1/accounts/${account}/statement`));
    const [toppedUp] = body.rows as { readonly position: string }[];
    const answer = await api.get(`/v1/accounts/${account}/balances?at=${toppedUp?.position}`);
    expect(answer.body.balances).toEqual({ wallet: '10.00', unbilled: '0.00', receivable: '0.00' });
    expect((await api.get(`/v1/trial-balance?at=${toppedUp?.position}`)).body).toMatchObject({ asOfPosition: toppedUp?.position });
  });

  it('page by the key that the page before names', async () => {
    const first = await api.get(after('/v1/journal?limit=3'));
    const second = await api.get(`/v1/journal?limit=500&from=${first.body.next}`);
    const whole = await api.get('/v1/journal?limit=500');
    expect([...first.body.lines, ...second.body.lines]).toEqual(whole.body.lines);
    const page = await api.get(`/v1/accounts/${account}/statement?limit=1`);
    const rest = await api.get(`/v1/accounts/${account}/statement?page=${page.body.next}`);
    expect([...page.body.rows, ...rest.body.rows]).toEqual((await api.get(`/v1/accounts/${account}/statement`)).body.rows);
  });

  const unknown = 'acc_00000000-0000-5000-8000-00000000dead';
  it.each(['', '/balances', '/statement', '/entitlements'])(
    'know no account that is unknown, or is no id: /v1/accounts/:id%s',
    async (rest) => {
      for (const id of [unknown, 'nonsense']) {
        const answer = await api.get(`/v1/accounts/${id}${rest}`);
        expect(answer).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
      }
    },
  );

  it.each(['', '/balances', '/statement', '/entitlements'])('show no provider the account of another: /v1/accounts/:id%s', async (rest) => {
    const answer = await api.get(after(`/v1/accounts/${account}${rest}`), stranger);
    expect(answer).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
  });

  it('show no provider a row of another in any list', async () => {
    expect((await api.get(after('/v1/accounts'), stranger)).body.accounts).toEqual([]);
    expect((await api.get(after('/v1/invoices'), stranger)).body.invoices).toEqual([]);
    expect((await api.get(after('/v1/journal'), stranger)).body.lines).toEqual([]);
    expect((await api.get(after(`/v1/journal?account=${account}`), stranger)).body.lines).toEqual([]);
    expect((await api.get(after('/v1/trial-balance'), stranger)).body.currencies).toEqual([]);
    expect(await api.get(`/v1/invoices/${invoice}`, stranger)).toMatchObject({ status: 404, body: { code: 'invoice_not_found' } });
  });

  it.each([
    '/v1/accounts',
    '/v1/invoices',
    '/v1/journal',
    '/v1/trial-balance',
    '/v1/accounts/acc_00000000-0000-5000-8000-00000000dead',
    '/v1/accounts/acc_00000000-0000-5000-8000-00000000dead/statement',
  ])('are for providers with a key only: %s', async (path) => {
    expect(await api.get(path, { authorization: '' })).toMatchObject({ status: 401 });
    expect(await api.get(path, { authorization: `Bearer ${api.operatorToken}` })).toMatchObject({ status: 403 });
  });

  it.each([
    ['/v1/accounts?after=-1', 'after', 'parameter_malformed'],
    ['/v1/accounts?after=1.5', 'after', 'parameter_malformed'],
    ['/v1/accounts?after=9223372036854775808', 'after', 'parameter_malformed'],
    ['/v1/accounts?after=1&after=2', 'after', 'parameter_malformed'],
    ['/v1/accounts?limit=0', 'limit', 'parameter_malformed'],
    ['/v1/accounts?limit=501', 'limit', 'parameter_malformed'],
    ['/v1/accounts?from=1', 'from', 'parameter_malformed'],
    ['/v1/accounts?offset=1', 'offset', 'parameter_unknown'],
    ['/v1/invoices?status=lost', 'status', 'parameter_malformed'],
    ['/v1/journal?from=a.b', 'from', 'parameter_malformed'],
    ['/v1/journal?ledgerAccount=%00', 'ledgerAccount', 'parameter_malformed'],
    ['/v1/trial-balance?at=yesterday', 'at', 'parameter_malformed'],
    ['/v1/accounts/:id/balances?at=2026-02-30', 'at', 'parameter_malformed'],
    ['/v1/accounts/:id/statement?from=2026-02-01&to=7', 'to', 'parameter_mixed'],
    ['/v1/accounts/:id/statement?by=chance', 'by', 'parameter_malformed'],
    ['/v1/accounts/:id/entitlements?at=2026-02-01', 'at', 'parameter_malformed'],
  ])('name a wrong parameter: %s', async (path, field, code) => {
    const answer = await api.get(path.replace(':id', account));
    expect(answer).toMatchObject({ status: 400, body: { code: 'query_invalid', params: { errors: [{ field, code }] } } });
  });

  it('ask to come back when the read model has not reached the position in time', async () => {
    const answer = await api.get('/v1/accounts?after=9000000000000000000');
    expect(answer).toMatchObject({ status: 503, body: { code: 'projection_behind', params: { projection: 'accounts' } } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});
