import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { canonicalJson } from '../../services/event-store/domain/canonical-json.ts';
import { runPersonalData } from '../../services/main/personal-data.ts';
import { readModels } from '../../services/main/read-models.ts';
import { parsePersonalOpenings, type PersonalOpening } from '../../verifier/log/personal-data.ts';
import { HttpLogSource } from '../../verifier/source/http.log-source.ts';
import type { Outcome } from '../../verifier/verdict.ts';
import { verifyLog } from '../../verifier/verify.ts';
import { hashesOf, ReadModels } from '../projections/read-models.ts';
import { everythingIn, formsOf } from '../support/everything-in.ts';
import { startTestService, type TestService } from '../support/service.ts';

const ada = {
  name: 'Ada Augusta Lovelace',
  email: 'ada.lovelace@example.org',
  phone: '+442079460958',
  address: { street: 'St James Square 12', city: 'Marylebone', postalCode: 'SW1Y 4JH', country: 'GB' },
};
const married = { ...ada, name: 'Augusta Ada King-Noel' };
/** Every text by which she could be known. */
const secrets = [ada.name, ada.email, ada.phone, ada.address.street, ada.address.city, ada.address.postalCode, married.name];

let api: TestService;
let dataFolder: string;
let logged = '';

beforeAll(async () => {
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      logged += chunk.toString();
      done();
    },
  });
  api = await startTestService({ logger: pino({ level: 'trace' }, sink) });
  dataFolder = join(api.service.keyFiles.apiKey, '..');
});
afterAll(() => api.close());

async function openAccount(): Promise<string> {
  return (await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' })).body.id as string;
}

/** Tables of the database in which one of the texts stands, in whatever form. */
async function tablesWith(texts: readonly string[]): Promise<string[]> {
  const forms = texts.flatMap(formsOf).map((form) => form.toLowerCase());
  const everything = await everythingIn(api.ownerUrl);
  expect(everything.size).toBeGreaterThan(10);
  return [...everything].filter(([, rows]) => forms.some((form) => rows.toLowerCase().includes(form))).map(([name]) => name);
}

const storedIn = (stream: string) => Array.fromAsync(api.service.eventStore.readStream(stream));

describe('[I13] export-my-data', () => {
  it('is one document with all that is held, and opens the commitments in the log', async () => {
    const account = await openAccount();
    const path = `/v1/accounts/${account}`;
    await api.post(`${path}/personal-data`, ada);
    await api.post(`${path}/personal-data`, married);
    await api.post(`${path}/consents`, { purpose: 'news', decision: 'given', document: 'v1' });
    await api.post(`${path}/consents`, { purpose: 'news', decision: 'withdrawn', document: 'v1', effectiveAt: '2026-01-02T00:00:00.000Z' });
    await api.post(`${path}/charges`, { amount: '5', currency: 'EUR', product: 'internet-100', description: 'Internet 100' });
    const closed = await api.post(`${path}/invoices`, { dueOn: '2027-01-31' });
    const invoices = () => api.get(`/v1/invoices/${closed.body.id}?after=${closed.body.position}`);
    while ((await invoices()).body.status !== 'issued') await new Promise((resolve) => setTimeout(resolve, 50));
    const exported = await api.get(`${path}/export`);
    expect(exported.status).toBe(200);
    expect(exported.headers.get('content-disposition')).toContain(account);
    const { body } = exported;
    expect(body).toMatchObject({ format: 'tallyroot-personal-export/1', account, status: 'held', data: married });
    expect(body.consents).toMatchObject([{ purpose: 'news', decision: 'withdrawn', effectiveAt: '2026-01-02T00:00:00.000Z' }]);
    expect((body.events as { type: string }[]).map(({ type }) => type)).toEqual([
      ...['PersonalDataRecorded/1', 'PersonalDataRecorded/1', 'ConsentRecorded/1', 'ConsentRecorded/1'],
      ...['AccountOpened/1', 'ChargePosted/1', 'ChargesClosed/1', 'InvoiceIssued/1'],
    ]);
    const stored = await storedIn(`demo.person-${body.subject}`);
    const committed = stored.flatMap(({ data }) => Object.values((JSON.parse(data) as { pii?: object }).pii ?? {}) as string[]);
    expect(parsePersonalOpenings(JSON.stringify(body)).map(({ commitment }) => commitment)).toEqual(committed);

    await api.post(`${path}/erasures`, { reason: 'subject_request' });
    const after = (await api.get(`${path}/export`)).body;
    expect(after).toMatchObject({ status: 'erased', openings: [] });
    expect(after.events).toHaveLength(9);
    expect(JSON.stringify(after)).not.toContain('Ada');
  });

  it('has what is erased by a run of the retention schedule no more', async () => {
    const account = await openAccount();
    await api.post(`/v1/accounts/${account}/personal-data`, ada);
    expect(await api.post('/v1/retention/runs', {})).toMatchObject({ status: 404, body: { code: 'retention_schedule_not_found' } });
    expect((await api.get('/v1/retention')).body).toEqual({ rules: [] });
    const twice = {
      rules: [
        { kind: 'personal-data', days: '1' },
        { kind: 'personal-data', days: '2' },
      ],
    };
    expect(await api.post('/v1/retention/schedule', twice)).toMatchObject({ status: 400 });
    const rules = [{ kind: 'personal-data', days: '0' }];
    expect(await api.post('/v1/retention/schedule', { rules })).toMatchObject({ status: 201 });
    const run = await api.post('/v1/retention/runs', {});
    expect(run).toMatchObject({ status: 201, body: { events: [{ type: 'RetentionRunPlanned/1' }] } });
    expect((await api.get(`/v1/accounts/${account}/personal-data`)).body).toMatchObject({ status: 'erased', reason: 'retention_period' });
    const subject = account.replace('acc_', 'per_');
    expect((await api.get('/v1/retention')).body).toMatchObject({
      rules,
      lastRun: { erased: expect.arrayContaining([subject]), kept: [] },
    });
  });
});

describe('bin/tallyroot personal-data', () => {
  const environment = () => ({
    DATABASE_URL: (api.service.pool.options as { connectionString: string }).connectionString,
    EVENTSTORE_URL: api.eventStoreUrl,
  });
  const run = (...args: string[]) => runPersonalData([...args, '--data', dataFolder], environment());

  it('hands all versions to an auditor, in a file for one reader, and rotates the key beside the running service', async () => {
    const account = await openAccount();
    const path = `/v1/accounts/${account}/personal-data`;
    const { id } = (await api.post(path, ada)).body.events[0] as { id: string };
    const out = join(dataFolder, 'openings.jsonl');
    expect(await run('export', '--out', out)).toBe(0);
    expect(((await stat(out)).mode & 0o777).toString(8)).toBe('600');
    expect(parsePersonalOpenings(await readFile(out, 'utf8')).map(({ event }) => event)).toContain(id);
    await expect(run('export', '--out', out)).rejects.toThrow('cannot be made');
    await rm(out);
    const keys = () => readFile(join(dataFolder, 'keys', 'personal-data.keys'), 'utf8');
    const before = await keys();
    expect(await run('rotate-key')).toBe(0);
    expect(await keys()).toMatch(new RegExp(`^[0-9a-f]{64}\n${before}$`));
    expect((await api.get(path)).body).toMatchObject({ data: ada });
    expect(await run('rotate-key', '--finish')).toBe(0);
    expect(await keys()).not.toContain(before.trim());
    expect((await api.get(path)).body).toMatchObject({ data: ada });
    expect(await api.post(path, married)).toMatchObject({ status: 201 });
    await expect(run('forget')).rejects.toThrow('rotate-key or export');
  });
});

describe('[E11] personal data', () => {
  it('are kept beside the log, which has a salted commitment to them and nothing else', async () => {
    const account = await openAccount();
    const recorded = await api.post(`/v1/accounts/${account}/personal-data`, ada);
    const subject = account.replace('acc_', 'per_');
    expect(recorded).toMatchObject({ status: 201, body: { id: subject, events: [{ type: 'PersonalDataRecorded/1' }] } });
    const [stored] = await storedIn(`demo.person-${subject}`);
    const { fin, pii } = JSON.parse(stored!.data) as { fin: object; pii: Record<string, string> };
    expect(fin).toEqual({ account, subject, fields: ['address', 'email', 'name', 'phone'] });
    expect(pii).toEqual({ [subject]: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const read = await api.get(`/v1/accounts/${account}/personal-data`);
    expect(read).toMatchObject({ status: 200, body: { status: 'held', data: ada, event: stored!.id, revision: '0' } });
    expect(read.headers.get('cache-control')).toBe('no-store');
  });

  it('are corrected by a new version, and the same request again answers the first event', async () => {
    const account = await openAccount();
    const key = { 'idempotency-key': 'person-1' };
    const first = await api.post(`/v1/accounts/${account}/personal-data`, ada, key);
    await api.post(`/v1/accounts/${account}/personal-data`, married);
    const again = await api.post(`/v1/accounts/${account}/personal-data`, ada, key);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body.events).toEqual(first.body.events);
    expect(await api.post(`/v1/accounts/${account}/personal-data`, married, key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    expect((await api.get(`/v1/accounts/${account}/personal-data`)).body).toMatchObject({ data: married, revision: '1' });
  });

  it('are refused with every wrong field, and for an account that is not there', async () => {
    const account = await openAccount();
    const wrong = { email: 'ada', phone: '0207', address: { street: '', city: 'London', country: 'uk' }, age: '36' };
    const refused = await api.post(`/v1/accounts/${account}/personal-data`, wrong);
    expect(refused).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    const codes = (refused.body.params.errors as { field: string; code: string }[]).map(({ field, code }) => `${field} ${code}`);
    expect(codes.toSorted()).toEqual([
      ...['address.country country_malformed', 'address.street text_malformed', 'age field_unknown', 'email email_malformed'],
      ...['name text_malformed', 'phone phone_malformed'],
    ]);
    expect(await api.post(`/v1/accounts/${account}/personal-data`, { name: 'Ada', address: 'London' })).toMatchObject({ status: 400 });
    const nobody = '/v1/accounts/acc_00000000-0000-5000-8000-000000000000/personal-data';
    for (const answer of [await api.post(nobody, ada), await api.get(nobody)])
      expect(answer).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
    expect((await api.get(`/v1/accounts/${account}/personal-data`)).body).toMatchObject({ status: 'none', consents: [] });
  });

  it('cannot be erased where there are none', async () => {
    const account = await openAccount();
    const refused = await api.post(`/v1/accounts/${account}/erasures`, { reason: 'subject_request' });
    expect(refused).toMatchObject({ status: 404, body: { code: 'personal_data_not_found' } });
    expect(await api.post(`/v1/accounts/${account}/erasures`, { reason: 'retention_period' })).toMatchObject({ status: 400 });
  });

  it('that are erased stand nowhere in the database, the data folder or the log of the service, and are never taken in again', async () => {
    const account = await openAccount();
    const subject = account.replace('acc_', 'per_');
    const path = `/v1/accounts/${account}`;
    await api.post(`${path}/personal-data`, ada, { 'idempotency-key': 'to-be-erased' });
    await api.post(`${path}/personal-data`, married);
    await api.post(`${path}/charges`, { amount: '5', currency: 'EUR', product: 'internet-100', description: 'Internet 100' });
    await api.post(`${path}/personal-data`, { name: ada.name, email: 'not an address' }); // Refused, and not repeated anywhere.

    const order = { reason: 'subject_request', reference: 'dsr-1' };
    const erased = await api.post(`${path}/erasures`, order, { 'idempotency-key': 'erase' });
    expect(erased).toMatchObject({ status: 201, body: { events: [{ type: 'ErasureOrdered/1', data: { ...order, account, subject } }] } });
    expect((await api.get(`${path}/personal-data`)).body).toEqual({
      account,
      subject,
      status: 'erased',
      reason: 'subject_request',
      consents: [],
    });

    const leaves = (await storedIn('demo.log-0')).filter(({ type }) => type === 'PersonalDataErased/1').map(({ data }) => JSON.parse(data));
    expect(leaves.filter(({ fin }) => fin.subject === subject)).toEqual([
      { fin: { subject, ...order, ordered: { stream: `demo.person-${subject}`, revision: '2' } } },
    ]);

    for (const others of await accountsStillKnown()) await api.post(`/v1/accounts/${others}/erasures`, { reason: 'subject_request' });
    // What is looked for is found where it is.
    expect(await tablesWith([account])).toContain('tallyroot.accounts_v1');
    expect(await tablesWith(secrets)).toEqual([]);
    const plainDigests = [ada, married].flatMap((data) => [
      createHash('sha256').update(canonicalJson(data)).digest('hex'),
      createHash('sha256')
        .update(canonicalJson({ body: { body: data, target: account }, command: 'RecordPersonalData' }))
        .digest('hex'),
    ]);
    expect(await tablesWith(plainDigests)).toEqual([]);
    for (const file of await filesIn(dataFolder))
      for (const form of secrets.flatMap(formsOf)) expect([file, (await readFile(file, 'latin1')).includes(form)]).toEqual([file, false]);
    expect(logged.length).toBeGreaterThan(0);
    for (const form of secrets.flatMap(formsOf)) expect(logged.includes(form)).toBe(false);

    const again = await api.post(`${path}/erasures`, order, { 'idempotency-key': 'erase' });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body.events).toEqual(erased.body.events);
    const second = await api.post(`${path}/erasures`, { reason: 'consent_withdrawn' });
    expect(second).toMatchObject({ status: 201, body: { events: erased.body.events } });
    for (const key of ['to-be-erased', 'new'])
      expect(await api.post(`${path}/personal-data`, ada, { 'idempotency-key': key })).toMatchObject({
        status: 409,
        body: { code: 'personal_data_erased' },
      });
    expect(await api.post(`${path}/consents`, { purpose: 'news', decision: 'given', document: 'v1' })).toMatchObject({ status: 409 });
    const count = (await storedIn('demo.log-0')).filter(
      ({ type, data }) => type === 'PersonalDataErased/1' && data.includes(subject),
    ).length;
    expect(count).toBe(1);
    // What was charged stays, and the account goes on.
    expect(await api.post(`${path}/invoices`, { dueOn: '2027-01-31' })).toMatchObject({ status: 201 });
  });

  it('may be erased, and every proof is as good as before, over the same leaves', async () => {
    const account = await openAccount();
    const path = `/v1/accounts/${account}`;
    const { id } = (await api.post(`${path}/personal-data`, ada)).body.events[0] as { id: string };
    const exported = (await api.get(`${path}/export`)).body;
    const openings = parsePersonalOpenings(JSON.stringify(exported));
    const stored = await storedIn(`demo.person-${exported.subject}`);
    await headCovers(id);
    const before = await verified(openings);
    expect(before).toMatchObject({ verdict: 'VALID', counts: { personal: { opened: 1 } } });
    const { checkpoint: _, ...proof } = (await api.get(`/v1/logs/demo/proofs/inclusion?event=${id}&size=${before.size}`)).body as {
      checkpoint?: string;
    };
    const { position } = await api.service.eventStore.head();
    for (const query of ['accounts', 'journal']) expect(await api.get(`/v1/${query}?after=${position}`)).toMatchObject({ status: 200 });
    const rowsBefore = await hashesOf(api.service.pool, readModels);

    await api.post(`${path}/erasures`, { reason: 'unlawful_processing' });
    const leaves = await storedIn('demo.log-0');
    await headCovers(leaves.at(-1)!.id);
    expect((await storedIn(`demo.person-${exported.subject}`)).slice(0, 1)).toEqual(stored);
    expect((await api.get(`/v1/logs/demo/proofs/inclusion?event=${id}&size=${before.size}`)).body).toMatchObject(proof);
    const after = await verified([]);
    expect(after).toMatchObject({ verdict: 'VALID', counts: { personal: { opened: 0, unopened: before.counts.personal.unopened } } });
    expect(after.counts.personal.erased).toBe(before.counts.personal.erased + 1);
    // Whoever was handed the data while they were there can still show what was committed to.
    expect(await verified(openings)).toMatchObject({ verdict: 'VALID', counts: { personal: { opened: 1 } } });

    // A read model that is replayed from the first event, over erased persons too, has the same rows.
    const models = await ReadModels.create();
    try {
      await models.rebuild(api.service.eventStore, readModels);
      const replayed = await models.hashes(readModels);
      const same = ['accounts_v1', 'journal_v1', 'account_balances_v1'];
      for (const table of same) expect([table, replayed[table]]).toEqual([table, rowsBefore[table]]);
    } finally {
      await models.drop();
    }
  });

  it('lie under a key in a file that only its owner may read', async () => {
    const file = join(dataFolder, 'keys', 'personal-data.keys');
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    const key = (await readFile(file, 'utf8')).trim();
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(await tablesWith([key])).toEqual([]);
    expect(logged.includes(key)).toBe(false);
  });
});

/** Waits for a signed head over the leaf of an event. */
async function headCovers(event: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 50) {
    if ((await api.get(`/v1/logs/demo/proofs/inclusion?event=${event}`)).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No head covers event ${event}.`);
}

/** What the independent verifier says of the live log. */
async function verified(personalData: readonly PersonalOpening[]): Promise<Outcome> {
  const outcome = await verifyLog({
    source: new HttpLogSource(`${api.service.url}/logs/demo/`, { token: api.token }),
    genesisHash: await api.service.integrity.logs.genesisHashOf('demo'),
    ...{ rpcUrls: [], isOffline: true, personalData },
  });
  if ('reason' in outcome) throw new Error(outcome.reason);
  return outcome;
}

/** Accounts of earlier tests whose holder is still known. */
async function accountsStillKnown(): Promise<string[]> {
  const { rows } = await api.service.pool.query<{ subject: string }>('select subject from personal_data_key where destroyed_at is null');
  return rows.map(({ subject }) => subject.replace('per_', 'acc_'));
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
