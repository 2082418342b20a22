import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: unknown;
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>>;
  readonly security?: readonly object[];
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let api: TestService;
let document: Document;
let ajv: Ajv2020;

beforeAll(async () => {
  api = await startTestService();
  document = (await api.get('/docs/openapi.json')).body as Document;
  ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'api', ...document });
});
afterAll(() => api.close());

/** Holds an answer to the schema that the document gives for it. */
function expectDescribed(method: string, path: string, { status, headers, body }: Answer): void {
  const response = document.paths[path]?.[method]?.responses[status];
  expect([method, path, status, response !== undefined]).toEqual([method, path, status, true]);
  const type = headers.get('content-type')?.split(';')[0] as string;
  expect([method, path, type, Object.keys(response?.content ?? {})]).toEqual([method, path, type, expect.arrayContaining([type])]);
  const escaped = path.replaceAll('~', '~0').replaceAll('/', '~1');
  const schema = `api#/paths/${escaped}/${method}/responses/${status}/content/${type.replaceAll('/', '~1')}/schema`;
  const isValid = ajv.validate({ $ref: schema.replaceAll('{', '%7B').replaceAll('}', '%7D') }, body);
  expect([method, path, isValid, ajv.errorsText()]).toEqual([method, path, true, 'No errors']);
}

describe('[K1] the API document', () => {
  it('is OpenAPI 3.1 and describes every route that takes a command or a query', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described).toEqual(
      expect.arrayContaining([
        'post /v1/providers',
        'post /v1/providers/{slug}/api-keys',
        'post /v1/accounts',
        'post /v1/accounts/{account}/top-ups',
        'post /v1/accounts/{account}/charges',
        'post /v1/accounts/{account}/usage',
        'post /v1/accounts/{account}/purchases',
        'post /v1/accounts/{account}/payments',
        'post /v1/settlement',
        'post /v1/settlement/rates',
        'post /v1/terms',
        'post /v1/invoices/{invoice}/checkouts',
        'get /v1/checkouts/{checkout}',
        'get /v1/checkouts/{checkout}/events',
        'post /v1/checkouts/{checkout}/quotes',
        'post /v1/accounts/{account}/reversals',
        'post /v1/accounts/{account}/invoices',
        'post /v1/accounts/{account}/customer-keys',
        'post /v1/accounts/{account}/personal-data',
        'post /v1/accounts/{account}/consents',
        'post /v1/accounts/{account}/erasures',
        'get /v1/accounts/{account}/personal-data',
        'get /v1/accounts/{account}/export',
        'post /v1/retention/schedule',
        'post /v1/retention/runs',
        'get /v1/retention',
        'post /v1/price-books',
        'post /v1/price-books/{priceBook}/versions',
        'post /v1/titles',
        'get /v1/accounts',
        'get /v1/trial-balance',
        'get /v1/journal',
        'get /v1/invoices',
        'get /v1/logs/{slug}/proofs/inclusion',
        'get /v1/logs/{slug}/search',
        'get /v1/logs/{slug}/search/export',
        'get /v1/logs/{slug}/entries/{index}',
        'get /v1/logs/{slug}/entries/{index}/export',
        'post /v1/auditor-keys',
        'post /v1/auditor-keys/{key}/revocations',
        'get /v1/auditor-keys',
      ]),
    );
  });

  it('says what every route does, asks for an Idempotency-Key on every POST and names every answer', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        expect([path, method, Object.keys(operation.responses).length > 1]).toEqual([path, method, true]);
        expect([path, method, operation.summary]).toEqual([path, method, expect.stringMatching(/^[A-Z].*\.$/)]);
        if (method !== 'post') continue;
        const key = operation.parameters?.find(({ name }) => name === 'Idempotency-Key');
        expect([path, key?.in, key?.required]).toEqual([path, 'header', true]);
      }
    }
  });

  it('says where a key is needed, and where one only shows more', () => {
    const security = (path: string) => document.paths[path]?.['get']?.security;
    expect(security('/v1/accounts')).toEqual([{ bearer: [] }]);
    for (const path of ['/v1/logs/{slug}/search', '/v1/logs/{slug}/search/export', '/v1/logs/{slug}/entries/{index}'])
      expect([path, security(path)]).toEqual([path, expect.arrayContaining([{ bearer: [] }, {}])]);
  });

  it('refers to nothing that it does not describe', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]*)"/g)].map(
      ([, name]) => name as string,
    );
    expect(references.length).toBeGreaterThan(20);
    expect(references.filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([]);
  });

  it('is what the service answers: commands, queries and problems', async () => {
    const opened = await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' });
    expectDescribed('post', '/v1/accounts', opened);
    const account = opened.body.id as string;
    const at = `/v1/accounts/${account}`;
    const charge = { amount: '5', currency: 'EUR', product: 'internet-100', description: 'Internet 100' };
    expectDescribed('post', '/v1/accounts/{account}/charges', await api.post(`${at}/charges`, charge));
    expectDescribed('post', '/v1/accounts/{account}/charges', await api.post(`${at}/charges`, { ...charge, amount: 5 }));
    expectDescribed('post', '/v1/accounts/{account}/charges', await api.post(`${at}/charges`, { ...charge, amount: '900' }));
    expectDescribed('post', '/v1/accounts/{account}/charges', await api.post(`${at}/charges`, charge, { authorization: '' }));
    expectDescribed('post', '/v1/accounts/{account}/charges', await api.post(`${at}/charges`, charge, { 'if-match': '"9"' }));
    const huge = { ...charge, description: 'x'.repeat(300_000) };
    expectDescribed('post', '/v1/accounts/{account}/charges', await api.post(`${at}/charges`, huge));
    expectDescribed('post', '/v1/accounts/{account}/charges', await api.post(`${at}/charges`, 'x', { 'content-type': 'text/plain' }));
    const topUp = { amount: '5', currency: 'EUR', method: 'card' };
    expectDescribed('post', '/v1/accounts/{account}/top-ups', await api.post(`${at}/top-ups`, topUp));
    expectDescribed('post', '/v1/accounts/{account}/customer-keys', await api.post(`${at}/customer-keys`, {}));
    const address = { street: 'Invalidenstr. 1', city: 'Berlin', country: 'DE' };
    expectDescribed('post', '/v1/accounts/{account}/personal-data', await api.post(`${at}/personal-data`, { name: 'Ada', address }));
    expectDescribed('post', '/v1/accounts/{account}/personal-data', await api.post(`${at}/personal-data`, { name: 'Ada', address: 'x' }));
    const consent = { purpose: 'news', decision: 'given', document: 'v1' };
    expectDescribed('post', '/v1/accounts/{account}/consents', await api.post(`${at}/consents`, consent));
    const schedule = { rules: [{ kind: 'personal-data', days: '3650' }] };
    expectDescribed('get', '/v1/retention', await api.get('/v1/retention'));
    expectDescribed('post', '/v1/retention/schedule', await api.post('/v1/retention/schedule', schedule));
    expectDescribed('post', '/v1/retention/runs', await api.post('/v1/retention/runs', {}));
    expectDescribed('get', '/v1/retention', await api.get('/v1/retention'));
    expectDescribed('get', '/v1/accounts/{account}/personal-data', await api.get(`${at}/personal-data`));
    expectDescribed('get', '/v1/accounts/{account}/export', await api.get(`${at}/export`));
    expectDescribed('post', '/v1/accounts/{account}/erasures', await api.post(`${at}/erasures`, { reason: 'subject_request' }));
    expectDescribed('get', '/v1/accounts/{account}/personal-data', await api.get(`${at}/personal-data`));
    expectDescribed('get', '/v1/accounts/{account}/export', await api.get(`${at}/export`));
    const closed = await api.post(`${at}/invoices`, { dueOn: '2026-12-31' });
    expectDescribed('post', '/v1/accounts/{account}/invoices', closed);
    const payment = { amount: '3', currency: 'EUR', method: 'bank', reference: 'R1' };
    const paid = await api.post(`${at}/payments`, payment);
    expectDescribed('post', '/v1/accounts/{account}/payments', paid);
    const after = `after=${paid.body.position}`;
    const queries: readonly [string, string][] = [
      ['/v1/accounts', `/v1/accounts?${after}`],
      ['/v1/accounts/{account}', `${at}?${after}`],
      ['/v1/accounts/{account}/balances', `${at}/balances?${after}`],
      ['/v1/accounts/{account}/statement', `${at}/statement?${after}`],
      ['/v1/accounts/{account}/entitlements', `${at}/entitlements?${after}`],
      ['/v1/accounts/{account}/notices', `${at}/notices?${after}`],
      ['/v1/accounts/{account}/mandates', `${at}/mandates?${after}`],
      ['/v1/invoices/{invoice}', `/v1/invoices/${closed.body.id}?${after}`],
      ['/v1/invoices', `/v1/invoices?${after}`],
      ['/v1/journal', `/v1/journal?${after}`],
      ['/v1/trial-balance', `/v1/trial-balance?${after}`],
      ['/v1/accounts/{account}', '/v1/accounts/acc_00000000-0000-5000-8000-000000000000'],
      ['/v1/accounts/{account}/proof-bundle', `${at}/proof-bundle`],
      ['/v1/invoices/{invoice}/proof-bundle', `/v1/invoices/${closed.body.id}/proof-bundle`],
      ['/v1/accounts/{account}/balances/signed', `${at}/balances/signed?${after}`],
      ['/v1/invoices/{invoice}/signed', `/v1/invoices/${closed.body.id}/signed?${after}`],
      ['/v1/journal', '/v1/journal?limit=x'],
      ['/v1/logs/{slug}/proofs/inclusion', '/v1/logs/demo/proofs/inclusion?stream=demo.log-0&revision=0'],
      ['/v1/logs/{slug}/proofs/inclusion', '/v1/logs/demo/proofs/inclusion'],
      ['/v1/logs/{slug}/proofs/inclusion', '/v1/logs/demo/proofs/inclusion?stream=demo.log-0&revision=99'],
      ['/v1/logs/{slug}/proofs/tlog-proof', '/v1/logs/demo/proofs/tlog-proof?stream=demo.log-0&revision=0'],
      ['/v1/logs/{slug}/proofs/consistency', '/v1/logs/demo/proofs/consistency?from=1&to=1'],
      ['/v1/logs/{slug}/witnesses', '/v1/logs/demo/witnesses'],
      ['/v1/logs/{slug}/witnesses', '/v1/logs/nobody/witnesses'],
      ['/v1/logs/{slug}/proofs/consistency', '/v1/logs/nobody/proofs/consistency?from=1&to=1'],
      ['/v1/logs/{slug}/state/{ledgerAccount}/{currency}', '/v1/logs/other/state/revenue:tv/EUR'],
    ];
    for (const [path, url] of queries) expectDescribed('get', path, await api.get(url));
    const issued = await api.post('/v1/auditor-keys', {});
    expectDescribed('post', '/v1/auditor-keys', issued);
    const revocations = `/v1/auditor-keys/${issued.body.id as string}/revocations`;
    expectDescribed('post', '/v1/auditor-keys/{key}/revocations', await api.post(revocations, {}));
    expectDescribed('get', '/v1/auditor-keys', await api.get('/v1/auditor-keys'));
    const stream = `demo.invoice-${closed.body.id as string}`;
    const searched = [stream, `${stream}@0`, 'INV-000001', account, 'revenue:internet-100', 'demo.log-0', '0', 'ab'.repeat(32), '', '%00'];
    for (const term of searched) expectDescribed('get', '/v1/logs/{slug}/search', await api.get(`/v1/logs/demo/search?q=${term}&${after}`));
    expectDescribed('get', '/v1/logs/{slug}/search', await api.get('/v1/logs/demo/search?q=INV-000001', { authorization: '' }));
    const [document] = (await api.get(`/v1/logs/demo/search?q=${stream}@0`)).body.results as { links: { entry: string } }[];
    for (const path of ['', '/export'])
      for (const headers of [{}, { authorization: '' }])
        for (const entry of [document?.links.entry as string, '/v1/logs/demo/entries/0', '/v1/logs/demo/entries/x'])
          expectDescribed('get', `/v1/logs/{slug}/entries/{index}${path}`, await api.get(entry + path, headers));
  });
});
