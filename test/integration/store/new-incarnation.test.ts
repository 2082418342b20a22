import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { AppendRequest, EventStore } from '../../../services/event-store/domain/event-store.ts';
import { keyInFile } from '../../../services/integrity/adapters/keys/pem-keyring.ts';
import type { InclusionProofBody } from '../../../services/integrity/adapters/http/proofs.controller.ts';
import { FolderLogMirror } from '../../../services/integrity/adapters/mirror/folder.log-mirror.ts';
import type { LogMirror } from '../../../services/integrity/application/log-mirror.ts';
import { numberOf } from '../../../services/integrity/application/incarnations.ts';
import { beginNewIncarnation } from '../../../services/main/recover/new-incarnation.ts';
import { giveStoreId } from '../../../services/main/store/give-store-id.ts';
import { openStore } from '../../../services/main/store/store-place.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { verifyInclusion } from '../../../verifier/merkle.ts';
import { FolderLogSource } from '../../../verifier/source/folder.log-source.ts';
import { HttpLogSource } from '../../../verifier/source/http.log-source.ts';
import { verifyLog, type VerifyOptions } from '../../../verifier/verify.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { findingsOf, summaryOf } from '../../support/verify-files.ts';
import { until } from '../integrity/log-fixture.ts';
import { Ledger } from './ledger.ts';
import { copyOf, engines, mirrorOf, type Place, placeOn, startOn } from './older-copy.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

const charge = { amount: '1.00', currency: 'EUR', product: 'tv', description: 'TV' };
const opening = { billing: 'postpaid', currency: 'EUR', creditLimit: '500' };
const unlisted = { V1: 'not checked', V6: 'not checked' };

type Receipt = { readonly promise: string };
interface Answered {
  readonly id: string;
  readonly receipt: Receipt;
}

interface Beginning {
  readonly ledger: Ledger;
  readonly place: Place;
  readonly openStore?: () => Promise<EventStore>;
  /** The one of the log when absent. */
  readonly keyFile?: string;
  readonly mirror?: LogMirror;
}

async function begin({ ledger, place, openStore: open = () => openStore(place.store), keyFile = 'recovery.pem', mirror }: Beginning) {
  const pool = createPool({ url: place.database.serviceUrl, connectionsMax: 8 });
  const keysFolder = join(ledger.folder, 'keys');
  try {
    return await beginNewIncarnation({
      ...{ slug: 'demo', pool, keysFolder, chain: undefined, openStore: open, logger: pino({ level: 'silent' }) },
      ...{ recovery: await keyInFile(join(keysFolder, 'demo', keyFile)), mirror },
      giveStoreId: () =>
        giveStoreId({
          databaseOwnerUrl: place.database.ownerUrl,
          eventStoreUrl: place.store.kind === 'eventstoredb' ? place.store.url : undefined,
        }),
    });
  } finally {
    await pool.end();
  }
}

const answered = async (ledger: Ledger, path: string, body: object, key: string) =>
  (await ledger.post(path, body, key)) as unknown as Answered;

/** A ledger with an older copy, which went on and answered what the copy does not have. */
async function disaster(engine: (typeof engines)[number]) {
  const home = await placeOn(engine, closings);
  const ledger = await Ledger.create(closings);
  await startOn(ledger, home);
  const opened = await answered(ledger, 'accounts', opening, 'accounts');
  const account = opened.id;
  const kept = [opened, await answered(ledger, `accounts/${account}/charges`, charge, 'kept')];
  await ledger.invoice(account, 'kept');
  await ledger.signedHead();
  await ledger.stop();
  const older = await copyOf(home, closings);
  return { home, older, ledger, account, kept, ...(await loss(ledger, home, account)) };
}

/** What is answered on a place that is not come back to. */
async function loss(ledger: Ledger, place: Place, account: string) {
  await startOn(ledger, place);
  const lost = [
    await answered(ledger, `accounts/${account}/charges`, charge, 'lost'),
    await answered(ledger, 'accounts', opening, 'lost-account'),
  ];
  await ledger.invoice(account, 'lost');
  const shown = await ledger.signedHead();
  await ledger.stop();
  return { lost, shown };
}

/** An export of what lies on a place, without payloads. */
async function exportOf(ledger: Ledger, place: Place): Promise<string> {
  const other = await Ledger.create(closings);
  await cp(ledger.folder, other.folder, { recursive: true });
  await startOn(other, place);
  const folder = await mirrorOf(other, join(other.folder, 'export'));
  await other.stop();
  await rm(join(folder, 'payloads'), { recursive: true });
  return folder;
}

/** What an auditor finds on the running ledger. */
async function verified(ledger: Ledger, options: Partial<VerifyOptions> = {}) {
  await ledger.signedHead();
  const token = (await readFile(join(ledger.folder, 'api-key'), 'utf8')).trim();
  const url = `${ledger.service!.url}/logs/demo/`;
  const log = (await ledger.service!.integrity.logs.find('demo'))!;
  const numbers = Array.from({ length: numberOf(log) - 1 }, (_, at) => numberOf(log) - 1 - at);
  const superseded = numbers.map((number) => new HttpLogSource(`${url}incarnations/${number}/`, { token }));
  return verifyLog({
    ...{ source: new HttpLogSource(url, { token }), genesisHash: log.genesisHash, superseded, rpcUrls: [], isOffline: true },
    ...options,
  });
}

/** Ids of the events that are told as admitted loss, one for each receipt. */
function lossesIn(outcome: Awaited<ReturnType<typeof verifyLog>>): (string | undefined)[] {
  const V10 = 'checks' in outcome ? outcome.checks.find(({ id }) => id === 'V10') : undefined;
  return (V10?.findings ?? []).filter(({ name }) => name === 'admitted-loss').map(({ evidence }) => evidence?.['event']);
}

const promiseIn = ({ receipt }: Answered) => JSON.parse(Buffer.from(receipt.promise, 'base64').toString()) as { id: string; log: string };
const linesOf = (answers: readonly Answered[]) => answers.map(({ receipt }) => JSON.stringify(receipt)).join('\n');
const valid = { verdict: 'VALID', results: unlisted, firstBad: undefined };

/** Opens the store so that the process dies at its first append, before it or behind it. */
async function openDoomed({ store: place }: Place, isPersisted: boolean): Promise<EventStore> {
  const store = await openStore(place);
  const append = async (request: AppendRequest) => {
    if (isPersisted) await store.append(request);
    throw new Error('killed');
  };
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === 'append' ? append : Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe.each(engines)('[K15] a new incarnation on %s', (engine) => {
  it('goes on with what a store has left of a log that was shown', async () => {
    const { older, ledger, account, shown } = await disaster(engine);
    const begun = await begin({ ledger, place: older });
    expect(begun).toMatchObject({ isNew: true, log: { origin: expect.stringMatching(/\/demo\/2$/) } });
    expect(begun.lost).toBe(shown.size - BigInt(begun.supersedes.size));
    expect(await begin({ ledger, place: older })).toMatchObject({ isNew: false, log: begun.log, lost: begun.lost });

    await startOn(ledger, older);
    expect(await ledger.post(`accounts/${account}/charges`, charge, 'kept')).toMatchObject({ replayed: true });
    expect(await ledger.post(`accounts/${account}/charges`, charge, 'lost')).toMatchObject({ replayed: false });
    expect(await ledger.invoice(account, 'next')).toBe('INV-000002');
    const outcome = await verified(ledger);
    expect(summaryOf(outcome)).toEqual(valid);
    expect(findingsOf(outcome)).toContainEqual(['admitted-loss', undefined]);
    expect(summaryOf(await verified(ledger, { superseded: [] }))).toMatchObject({ verdict: 'UNVERIFIABLE' });
    await ledger.stop();
    const refused = begin({ ledger, place: older });
    await expect(refused).rejects.toMatchObject({ name: 'IncarnationRefusedFault', message: expect.stringContaining('lacks nothing') });
  }, 180_000);

  it('keeps the log that ended readable, live and in an export, and tells what was lost receipt by receipt', async () => {
    const { older, ledger, account, kept, lost } = await disaster(engine);
    await begin({ ledger, place: older });
    await startOn(ledger, older);
    const repeated = await answered(ledger, `accounts/${account}/charges`, charge, 'kept');
    expect(repeated.receipt.promise).toBe(kept[1]!.receipt.promise);
    const again = await answered(ledger, `accounts/${account}/charges`, charge, 'lost');
    expect(promiseIn(again)).toEqual({ ...promiseIn(again), id: promiseIn(lost[0]!).id, log: `${promiseIn(lost[0]!).log}/2` });
    const receipts = linesOf([...kept, ...lost, repeated, again]);
    const live = await verified(ledger, { receipts });
    expect(summaryOf(live)).toEqual(valid);
    expect(lossesIn(live)).toEqual(lost.map((answer) => promiseIn(answer).id));

    const folder = join(ledger.folder, 'export');
    await mirrorOf(ledger, folder);
    await mirrorOf(ledger, folder); // An export with earlier logs is replaced as any other.
    const copies = { source: new FolderLogSource(folder), superseded: [new FolderLogSource(join(folder, 'incarnations', '1'))], receipts };
    expect(summaryOf(await verified(ledger, copies))).toEqual(valid);
    const { url } = ledger.service!;
    for (const path of [
      'incarnations/2/checkpoint',
      'incarnations/0/checkpoint',
      'incarnations/1/tile/9/000',
      'incarnations/1/../checkpoint/x',
    ])
      expect((await fetch(`${url}/logs/demo/${path}`)).status).toBe(404);
    const event = promiseIn(kept[1]!).id;
    const proof = (query: string) => fetch(`${url}/v1/logs/demo/proofs/inclusion?event=${event}${query}`);
    expect(
      await Promise.all(['', '&incarnation=1', '&incarnation=2', '&incarnation=x'].map(async (query) => (await proof(query)).status)),
    ).toEqual([...[404, 200, 404, 400]]);
    const { size, proof: path, index, leafHash, checkpoint } = (await (await proof('&incarnation=1')).json()) as InclusionProofBody;
    const root = Uint8Array.from(Buffer.from(checkpoint!.split('\n')[2]!, 'base64'));
    const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
    expect(verifyInclusion({ index: BigInt(index), size: BigInt(size), leafHash: bytes(leafHash), root, proof: path.map(bytes) })).toBe(
      true,
    );
    const payloads = await (await fetch(`${url}/logs/demo/incarnations/1/payloads/000.jsonl`)).text();
    // As for the log itself: without a token nothing but what concerns the log.
    const types = payloads
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data: string | null });
    expect(
      types.filter(({ data }) => data !== null).every(({ type }) => /^(LogGenesis|LogPolicyChanged|KeyRotated|TimeTicked)\/1$/.test(type)),
    ).toBe(true);
    expect(types.some(({ data }) => data === null)).toBe(true);
    // Entries that a provider keeps to holders of a token are those of all its logs.
    await ledger.post('entry-access', { entries: 'token' });
    await until(async () => {
      const { status } = await fetch(`${url}/logs/demo/incarnations/1/tile/entries/000.p/1`);
      return status === 401 ? status : undefined;
    });
  }, 180_000);

  it('is finished by whoever comes next, wherever it was cut off', async () => {
    const { older, ledger, account } = await disaster(engine);
    for (const isPersisted of [false, true]) {
      const killed = begin({ ledger, place: older, openStore: () => openDoomed(older, isPersisted) });
      await expect(killed).rejects.toThrow('killed');
    }
    // The genesis is written, and the database knows nothing of it: the start of the service makes good for that.
    await startOn(ledger, older);
    expect(await ledger.post(`accounts/${account}/charges`, charge, 'kept')).toMatchObject({ replayed: true });
    expect(await ledger.post(`accounts/${account}/charges`, charge, 'next')).toMatchObject({ replayed: false });
    expect(summaryOf(await verified(ledger))).toEqual(valid);
  }, 180_000);

  it('is finished by the command as well, once', async () => {
    const { older, ledger } = await disaster(engine);
    let opened = 0;
    const killed = begin({
      ...{ ledger, place: older },
      openStore: () => (opened++ === 0 ? openStore(older.store) : Promise.reject(new Error('killed'))),
    });
    await expect(killed).rejects.toThrow('killed');
    expect(await begin({ ledger, place: older })).toMatchObject({ isNew: false });
    expect(await begin({ ledger, place: older })).toMatchObject({ isNew: false });
    const store = await openStore(older.store);
    const geneses: string[] = [];
    for await (const { type, stream } of store.readAll()) if (type === 'LogGenesis/1') geneses.push(stream);
    await store.dispose();
    expect(geneses).toEqual(['demo.log-0', 'demo.log-0']);
    await startOn(ledger, older);
    expect(summaryOf(await verified(ledger))).toEqual(valid);
  }, 180_000);

  it('goes on with an incarnation, too', async () => {
    const { older, ledger, account, kept, lost } = await disaster(engine);
    await begin({ ledger, place: older });
    await startOn(ledger, older);
    const second = await answered(ledger, `accounts/${account}/charges`, charge, 'second');
    await ledger.signedHead();
    await ledger.stop();
    const oldest = await copyOf(older, closings);
    const more = await loss(ledger, older, account);
    await startOn(ledger, oldest);
    await expect(ledger.post(`accounts/${account}/charges`, charge, 'refused')).rejects.toThrow('log_behind');
    await ledger.stop();
    const begun = await begin({ ledger, place: oldest });
    expect(begun).toMatchObject({ isNew: true, log: { origin: expect.stringMatching(/\/demo\/3$/) } });
    await startOn(ledger, oldest);
    for (const key of ['kept', 'second'])
      expect(await ledger.post(`accounts/${account}/charges`, charge, key)).toMatchObject({ replayed: true });
    expect(await ledger.invoice(account, 'third')).toBe('INV-000002');
    const receipts = linesOf([...kept, second, ...lost, ...more.lost]);
    const outcome = await verified(ledger, { receipts });
    expect(summaryOf(outcome)).toEqual(valid);
    expect(lossesIn(outcome).toSorted()).toEqual([...lost, ...more.lost].map((answer) => promiseIn(answer).id).toSorted());
  }, 240_000);

  it('is refused where it would hide something, and nothing is written', async () => {
    const { home, older, ledger, account, shown } = await disaster(engine);
    const refused = async (beginning: Beginning, message: RegExp, name = 'IncarnationRefusedFault') =>
      expect(begin(beginning)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
    await refused({ ledger, place: home }, /lacks nothing of what was shown/);
    await refused({ ledger, place: older, keyFile: 'log.pem' }, /not the recovery key of demo/);
    await startOn(ledger, older);
    await refused({ ledger, place: older }, /./, 'DatabaseInUseFault');
    await ledger.stop();

    const other = await Ledger.create(closings); // The keys without what they remember: nobody holds the log back.
    await cp(ledger.folder, other.folder, { recursive: true, filter: (path) => !path.includes('checkpoint') });
    await startOn(other, older);
    await other.post(`accounts/${account}/charges`, charge, 'instead');
    await other.stop();
    // The store has not come as far as any head that somebody remembers: a mirror, even one without payloads, knows better.
    const mirror = new FolderLogMirror(await exportOf(ledger, home));
    await refused({ ledger, place: older, mirror }, /leaf \d+ is \S+ at demo\.\S+ there, and another event in/);
    await startOn(other, older);
    for (let number = 0n; number < shown.size; number++) await other.post(`accounts/${account}/charges`, charge, `instead-${number}`);
    await other.stop();
    await refused({ ledger, place: older }, /another history than the one that was shown: the file of the last head/);
    const store = await openStore(older.store);
    for await (const { type, revision } of store.readAll()) expect(type === 'LogGenesis/1' && revision > 0n).toBe(false);
    await store.dispose();
  }, 180_000);
});

it('[K15] a new incarnation is known from the event store alone, when the database is lost or is newer', async () => {
  const { home, older, ledger, account } = await disaster('eventstoredb');
  // The events were set back, and the database was not.
  const mixed: Place = { database: home.database, store: older.store };
  expect(await begin({ ledger, place: mixed })).toMatchObject({ isNew: true });
  await startOn(ledger, mixed);
  expect(await ledger.post(`accounts/${account}/charges`, charge, 'kept')).toMatchObject({ replayed: true });
  expect(await ledger.post(`accounts/${account}/charges`, charge, 'lost')).toMatchObject({ replayed: false });
  expect(await ledger.invoice(account, 'next')).toBe('INV-000002');
  expect(summaryOf(await verified(ledger))).toEqual(valid);
  // What was lost is still to be seen: which events, by stream, revision and hash.
  const { url } = ledger.service!;
  const [, size = '0'] = (await (await fetch(`${url}/logs/demo/incarnations/1/checkpoint`)).text()).split('\n');
  expect((await fetch(`${url}/logs/demo/incarnations/1/tile/entries/000.p/${size}`)).status).toBe(200);
  await ledger.stop();

  const database = await freshDatabase();
  closings.push(() => database.drop());
  const fresh: Place = { database, store: older.store };
  await rm(join(ledger.folder, 'api-key'));
  await startOn(ledger, fresh);
  expect(await ledger.invoice(account, 'after')).toBe('INV-000003');
  expect(summaryOf(await verified(ledger))).toEqual(valid);
}, 240_000);
