import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyLog } from '../../services/main/demo/verify-log.ts';
import { startTestService, type TestService } from '../support/service.ts';

let api: TestService;
let other: { authorization: string };
let customer: { authorization: string };
/** Of an account's first event. */
let event: string;

const anonymous = { authorization: '' };

beforeAll(async () => {
  api = await startTestService();
  const operator = { authorization: `Bearer ${api.operatorToken}` };
  await api.post('/v1/providers', { slug: 'other', name: 'Other' }, operator);
  other = { authorization: `Bearer ${(await api.post('/v1/providers/other/api-keys', {}, operator)).body.token}` };
  const opened = await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' });
  event = opened.body.events[0].id as string;
  customer = { authorization: `Bearer ${(await api.post(`/v1/accounts/${opened.body.id}/customer-keys`, {})).body.token}` };
  await eventually(async () => expect((await proof(anonymous)).status).toBe(200));
});
afterAll(() => api.close());

async function eventually(expectation: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await expectation();
    } catch (error) {
      if (attempt === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const proof = (headers: Readonly<Record<string, string>>) => api.get(`/v1/logs/demo/proofs/inclusion?event=${event}`, headers);
const file = (path: string, headers: Readonly<Record<string, string>>) => fetch(`${api.service.url}/logs/demo/${path}`, { headers });
const entries = (headers: Readonly<Record<string, string>>) => file('tile/entries/000.p/1', headers);
const authorized = () => ({ authorization: `Bearer ${api.token}` });

describe('[E4] the entries of a log', () => {
  it('are public until the provider says otherwise, and then only for holders of its token', async () => {
    expect((await api.get('/v1/entry-access')).body).toEqual({ entries: 'public' });
    expect((await entries(anonymous)).status).toBe(200);
    expect((await proof(anonymous)).body).toHaveProperty('entry');

    expect((await api.post('/v1/entry-access', { entries: 'token' })).status).toBe(201);
    await eventually(async () => expect((await entries(anonymous)).status).toBe(401));
    expect((await api.get('/v1/entry-access')).body).toEqual({ entries: 'token' });
    const refused = await entries(anonymous);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refused.json()).toMatchObject({ code: 'unauthenticated' });
    for (const headers of [other, customer, { authorization: 'Bearer x' }]) expect((await entries(headers)).status).toBe(401);
    const own = await entries(authorized());
    expect([own.status, (await own.arrayBuffer()).byteLength > 300]).toEqual([200, true]);
  });

  it('that are closed are kept by no shared cache', async () => {
    for (let written = 0; written < 260; written += 20)
      await Promise.all(Array.from({ length: 20 }, () => api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' })));
    await eventually(async () => expect((await file('tile/0/000', anonymous)).status).toBe(200));
    expect((await file('tile/0/000', anonymous)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await file('tile/entries/000', authorized())).headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
  });

  it('that are closed leave everything open that needs no entry', async () => {
    for (const path of ['checkpoint', 'log.vkey', 'genesis.json', 'anchors.jsonl', 'tile/0/000', 'payloads/000.jsonl'])
      expect([path, (await file(path, anonymous)).status]).toEqual([path, 200]);
    const { status, body } = await proof(anonymous);
    expect([status, Object.keys(body as object).sort()]).toEqual([200, ['checkpoint', 'index', 'leafHash', 'proof', 'size']]);
    for (const headers of [other, customer]) expect((await proof(headers)).body).not.toHaveProperty('entry');
    expect((await proof(authorized())).body).toHaveProperty('entry');
  });

  it('that are closed are not told by the lines of payloads either, but for those of the log itself', async () => {
    const lines = async (headers: Readonly<Record<string, string>>) =>
      (await (await file('payloads/000.jsonl', headers)).text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Readonly<Record<string, string | null>>);
    const [told, all] = [await lines(anonymous), await lines(authorized())];
    expect(told.map(({ i }) => i)).toEqual(all.map(({ i }) => i));
    const nothing = { id: null, stream: null, rev: null, type: null, data: null, metadata: null };
    const publicTypes = ['LogGenesis/1', 'TimeTicked/1'];
    expect(told).toEqual(all.map((line) => (publicTypes.includes(line['type'] as string) ? line : { i: line['i'], ...nothing })));
    expect(told.filter(({ type }) => type !== null).length).toBeGreaterThan(0);
  });

  it('[E10] that are closed are found and shown to holders of a token, and those of the log itself to everybody', async () => {
    const auditor = { authorization: `Bearer ${(await api.post('/v1/auditor-keys', {})).body.token}` };
    const [found] = (await api.get(`/v1/logs/demo/search?q=${event}`, auditor)).body.results as [Readonly<Record<string, string>>];
    const { index, leafHash, stream } = found;
    const answers = async (headers: Readonly<Record<string, string>>) => {
      const terms = [event, stream, `${stream}@0`, index, leafHash];
      const paths = [
        ...terms.map((term) => `search?q=${term}`),
        `search/export?q=${stream}`,
        `entries/${index}`,
        `entries/${index}/export`,
      ];
      const told: unknown[] = [];
      for (const path of paths) {
        const { status, body } = await api.get(`/v1/logs/demo/${path}`, headers);
        told.push(status === 200 ? 200 : (body as { code: string }).code);
      }
      return told;
    };
    const closed = 'unauthenticated';
    const nothing = 'log_entry_not_found';
    expect(await answers(auditor)).toEqual(Array(8).fill(200));
    expect(await answers(anonymous)).toEqual([closed, closed, closed, nothing, nothing, closed, closed, closed]);
    expect(await answers(other)).toEqual(Array(8).fill('log_not_found'));
    const genesis = await api.get('/v1/logs/demo/entries/0', anonymous);
    expect(genesis).toMatchObject({ status: 200, body: { type: 'LogGenesis/1', payload: 'shown' } });
    expect(genesis.body).not.toHaveProperty('next');
    expect((await api.get('/v1/logs/demo/entries/0', auditor)).body).toHaveProperty('next');
    // A newer head may take the place of the one that is asked for.
    await eventually(async () => {
      const root = (await api.get('/v1/logs/demo/entries/0', anonymous)).body.root as string;
      expect((await api.get(`/v1/logs/demo/search?q=${root}`, anonymous)).body.results).toMatchObject([{ kind: 'head', root }]);
    });
  });

  it('that are closed are verified by holders of a token, and UNVERIFIABLE without', async () => {
    const genesisHash = await api.service.integrity.logs.genesisHashOf('demo');
    const log = { log: `${api.service.url}/logs/demo/`, genesisHash, rpcUrl: undefined };
    expect(await verifyLog({ ...log, token: api.token })).toMatchObject({ exitCode: 0 });
    expect(await verifyLog(log)).toEqual({ exitCode: 2, output: expect.stringMatching(/UNVERIFIABLE[^]*V4[^]*give a --token/) });
  });

  it('are opened again by the provider, and said to be open or closed in one of two words', async () => {
    for (const word of ['Public', '', 1, null, ['token']])
      expect(await api.post('/v1/entry-access', { entries: word })).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    expect((await api.post('/v1/entry-access', { entries: 'token' })).body.events).toHaveLength(1);
    expect((await api.post('/v1/entry-access', { entries: 'public' })).status).toBe(201);
    await eventually(async () => expect((await entries(anonymous)).status).toBe(200));
    expect((await api.get('/v1/entry-access', other)).body).toEqual({ entries: 'public' });
    expect((await api.get('/v1/entry-access', customer)).status).toBe(403);
  });
});
