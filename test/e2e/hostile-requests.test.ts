import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

let api: TestService;
let account: string;
const open = { billing: 'postpaid', currency: 'EUR', creditLimit: '500' };
beforeAll(async () => {
  api = await startTestService();
  account = (await api.post('/v1/accounts', open)).body.id as string;
});
afterAll(() => api.close());

/** What came back for bytes on a connection of their own, read until the other side closes it. */
function rawAnswer(text: string): Promise<{ status: number; type: string | undefined; body: { code?: string; status?: number } }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.service.url);
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text, 'latin1'));
    socket.on('data', (data: Buffer) => (answer += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      const type = /^content-type: *([^;\r]*)/im.exec(head)?.[1];
      resolve({ status: Number(head.split(' ')[1]), type, body: body === '' ? {} : (JSON.parse(body) as object) });
    });
  });
}

function expectProblem(name: string, { status, headers, body }: Answer, code: string): void {
  expect([name, status, body.code]).toEqual([name, body.status, code]);
  expect([name, headers.get('content-type')]).toEqual([name, expect.stringContaining('application/problem+json')]);
}

describe('a body', () => {
  it('is taken as application/json alone', async () => {
    const text = JSON.stringify(open);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/merge-patch+json', 'json']) {
      expectProblem(type, await api.post('/v1/accounts', text, { 'content-type': type }), 'media_type_unsupported');
    }
    const form = await api.post('/v1/accounts', 'billing=postpaid&currency=EUR', { 'content-type': 'application/x-www-form-urlencoded' });
    expectProblem('form', form, 'media_type_unsupported');
    expect(await api.post('/v1/accounts', text, { 'content-type': 'application/json; charset=utf-8' })).toMatchObject({ status: 201 });
  });

  it('is refused when it can be read in two ways, is no UTF-8 or is nested without end', async () => {
    const bodies: Readonly<Record<string, string>> = {
      twice: '{"billing":"prepaid","billing":"postpaid","currency":"EUR"}',
      'twice, once escaped': '{"billing":"prepaid","\\u0062illing":"postpaid","currency":"EUR"}',
      prototype: '{"__proto__":{"x":"1"},"billing":"postpaid","currency":"EUR"}',
      'nested arrays': '['.repeat(100_000) + ']'.repeat(100_000),
      'nested objects': '{"a":'.repeat(40_000) + '1' + '}'.repeat(40_000),
      'nested field': `{"billing":${'['.repeat(50_000)}${']'.repeat(50_000)},"currency":"EUR"}`,
    };
    for (const [name, body] of Object.entries(bodies)) expectProblem(name, await api.post('/v1/accounts', body), 'body_malformed');
    const text = '{"billing":"\xff"}';
    const head = `POST /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nIdempotency-Key: utf8\r\nConnection: close\r\n`;
    const answer = await rawAnswer(`${head}Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    expect(answer).toMatchObject({ status: 400, type: 'application/problem+json', body: { code: 'body_malformed' } });
  });

  it('may repeat a name in different objects, and any text in values', async () => {
    const body = {
      name: 'Voice "{[,:\\',
      currency: 'EUR',
      rounding: 'half-up',
      decimals: '2',
      bands: ['day', 'night'].map((band) => ({ band, product: 'voice', unit: 'minute', rate: '1' })),
    };
    expect(await api.post('/v1/price-books', body)).toMatchObject({ status: 201, body: { events: [{ data: { name: body.name } }] } });
  });

  it('names every field that nobody knows, whatever it is called', async () => {
    for (const field of ['toString', 'hasOwnProperty', 'valueOf', 'constructor']) {
      const answer = await api.post('/v1/accounts', { ...open, [field]: 'x' });
      expect([field, answer.status, answer.body.params]).toEqual([field, 400, { errors: [{ field, code: 'field_unknown' }] }]);
    }
    const bands = [{ band: 'day', product: 'voice', unit: 'minute', rate: '1', toString: 'x' }];
    const book = await api.post('/v1/price-books', { name: 'Voice', currency: 'EUR', rounding: 'half-up', decimals: '2', bands });
    expect(book.body.params).toEqual({ errors: [{ field: 'bands.0.toString', code: 'field_unknown' }] });
  });

  it('holds objects where a list is of objects', async () => {
    for (const bands of [[[]], [[{ band: 'day' }]], [null], [1], {}]) {
      const answer = await api.post('/v1/price-books', { name: 'Voice', currency: 'EUR', rounding: 'half-up', decimals: '2', bands });
      expectProblem(JSON.stringify(bands), answer, 'body_invalid');
      expect(answer.body.params.errors[0]).toEqual({ field: 'bands', code: 'list_malformed' });
    }
  });
});

describe('a path', () => {
  it('that nothing can have is answered by a problem', async () => {
    for (const path of ['%', '%zz', '%ff', 'a'.repeat(300)]) expectProblem(path, await api.get(`/v1/accounts/${path}`), 'path_invalid');
    for (const path of ['/docs/%2e%2e/%2e%2e/package.json', '/docs/nothing.js', '/v1', '/'])
      expectProblem(path, await api.get(path), 'route_not_found');
  });

  it('with another method says which it takes', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const response = await fetch(`${api.service.url}/v1/accounts/${account}/charges`, { method });
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'POST']);
      expect(await response.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
    }
    const deleted = await fetch(`${api.service.url}/v1/accounts`, { method: 'DELETE' });
    expect([deleted.status, deleted.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    const put = await fetch(`${api.service.url}/logs/demo/checkpoint`, { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it('of a log that there is not is told from a file that there is not', async () => {
    expectProblem('log', await api.get('/logs/nobody/checkpoint'), 'log_not_found');
    expectProblem('file', await api.get('/logs/demo/nothing'), 'log_entry_not_found');
  });
});

describe('a query', () => {
  it('at the ends of the calendar is answered', async () => {
    const last = '9999-12-31';
    for (const query of [`balances?at=${last}`, `balances?at=${last}&by=effective`, `statement?from=${last}`, `statement?to=${last}`])
      expect([query, (await api.get(`/v1/accounts/${account}/${query}`)).status]).toEqual([query, 200]);
    for (const query of ['balances?at=0000-01-01', 'statement?from=0000-01-01', 'entitlements?at=0000-01-01T00:00:00.000Z'])
      expectProblem(query, await api.get(`/v1/accounts/${account}/${query}`), 'query_invalid');
  });

  it('for a proof of what cannot be in a log is refused', async () => {
    const proofs = '/v1/logs/demo/proofs';
    for (const query of ['stream=%00&revision=0', 'stream=demo.log-0&revision=9223372036854775808', 'stream=demo.log-0&revision=-1'])
      expectProblem(query, await api.get(`${proofs}/inclusion?${query}`), 'query_invalid');
    expectProblem('to', await api.get(`${proofs}/consistency?from=1&to=9223372036854775808`), 'query_invalid');
    expectProblem('slug', await api.get('/v1/logs/%00/proofs/consistency?from=1&to=2'), 'log_not_found');
    expectProblem('slug', await api.get('/v1/logs/%00/proofs/inclusion?stream=demo.log-0&revision=0'), 'log_not_found');
  });
});

describe('If-Match', () => {
  it('on what does not exist is answered as without it, and on a create by what there is', async () => {
    const charge = { amount: '1', currency: 'EUR', product: 'tv', description: 'TV' };
    const unknown = '/v1/accounts/acc_00000000-0000-5000-8000-000000000000/charges';
    expectProblem('unknown', await api.post(unknown, charge, { 'if-match': '"3"' }), 'account_not_found');
    const created = await api.post('/v1/accounts', open, { 'if-match': '"0"' });
    expectProblem('create', created, 'revision_mismatch');
    expect(created.body.params).toEqual({ expected: '0', actual: 'none' });
  });
});

describe('bytes that are no request', () => {
  it.each<[string, string, number, string]>([
    ['no HTTP', 'garbage\r\n\r\n', 400, 'request_malformed'],
    ['a bad length', 'POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400, 'request_malformed'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ])('are answered by a problem: %s', async (_, text, status, code) => {
    expect(await rawAnswer(text)).toMatchObject({ status, type: 'application/problem+json', body: { code, status } });
  });
});
