import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { AppendRequest, EventStore } from '../../../services/event-store/domain/event-store.ts';
import { FolderLogMirror } from '../../../services/integrity/adapters/mirror/folder.log-mirror.ts';
import { HttpLogMirror } from '../../../services/integrity/adapters/mirror/http.log-mirror.ts';
import type { LogMirror } from '../../../services/integrity/application/log-mirror.ts';
import { recoverFromMirror } from '../../../services/main/recover/recover-from-mirror.ts';
import { giveStoreId } from '../../../services/main/store/give-store-id.ts';
import { openStore } from '../../../services/main/store/store-place.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { Ledger } from './ledger.ts';
import { copyOf, engines, mirrorOf, type Place, placeOn, startOn, withStores } from './older-copy.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

const charge = { amount: '1.00', currency: 'EUR', product: 'tv', description: 'TV' };
const opening = { billing: 'postpaid', currency: 'EUR', creditLimit: '500' };

interface Recovering {
  readonly ledger: Ledger;
  readonly place: Place;
  readonly mirror: LogMirror;
  readonly openStore?: () => Promise<EventStore>;
}

async function recover({ ledger, place, mirror, openStore: open = () => openStore(place.store) }: Recovering) {
  const pool = createPool({ url: place.database.serviceUrl, connectionsMax: 8 });
  try {
    return await recoverFromMirror({
      ...{ slug: 'demo', mirror, pool, keysFolder: join(ledger.folder, 'keys'), chain: undefined, openStore: open },
      logger: pino({ level: 'silent' }),
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

/** A ledger that was copied, went on, was exported, and lies in ruins. */
async function disaster(engine: (typeof engines)[number], charges = 3) {
  const home = await placeOn(engine, closings);
  const ledger = await Ledger.create(closings);
  await startOn(ledger, home);
  const { id: account } = await ledger.post('accounts', opening);
  await ledger.signedHead();
  await ledger.stop();
  const older = await copyOf(home, closings);
  await startOn(ledger, home);
  for (let number = 0; number < charges; number++) {
    await ledger.post(`accounts/${account}/charges`, charge, `lost-${number}`);
    await ledger.post('accounts', opening, `lost-account-${number}`); // A stream of its own, and so an append.
  }
  await ledger.invoice(account, 'lost');
  const folder = await mkdtemp(join(tmpdir(), 'tallyroot-mirror-'));
  closings.push(() => rm(folder, { recursive: true, force: true }));
  let mirror = await mirrorOf(ledger, join(folder, 'mirror'));
  let head = await ledger.signedHead();
  // A round may have come between the two.
  while ((await readFile(join(mirror, 'checkpoint'), 'utf8')).split('\n')[1] !== head.size.toString()) {
    mirror = await mirrorOf(ledger, join(folder, 'mirror'));
    head = await ledger.signedHead();
  }
  const { genesisHash } = await ledger.verify();
  await ledger.stop();
  return { home, older, ledger, account, mirror, head, genesisHash };
}

async function eventsIn(place: Place): Promise<number> {
  const store = await openStore(place.store);
  let events = 0;
  for await (const _ of store.readAll()) events++;
  await store.dispose();
  return events;
}

/** The beginnings that a recovery may leave: both stores hold the same events, as far as the shorter one goes. */
async function isBeginningOf(shorter: Place, longer: Place): Promise<boolean> {
  return withStores([shorter, longer], async (left, right) => {
    const others = right.readAll()[Symbol.asyncIterator]();
    for await (const { position: _, createdAt: __, ...event } of left.readAll()) {
      const {
        position: ___,
        createdAt: ____,
        ...other
      } = (await others.next()).value as typeof event & { position: bigint; createdAt: Date };
      if (JSON.stringify(event, textOf) !== JSON.stringify(other, textOf)) return false;
    }
    return true;
  });
}

const textOf = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);

describe.each(engines)('[K15] a log on %s', (engine) => {
  it('gets its missing events back from a mirror, byte for byte, and goes on under the heads that were signed', async () => {
    const { home, older, ledger, account, mirror, head, genesisHash } = await disaster(engine);
    const recovered = await recover({ ledger, place: older, mirror: new FolderLogMirror(mirror) });
    expect(recovered.appended).toBeGreaterThan(5);
    expect(recovered.head).toEqual({ size: head.size, root: head.root });
    expect(recovered).toMatchObject({
      ahead: [],
      confirmedBy: expect.arrayContaining([expect.stringContaining('the file of the last head')]),
    });
    expect(await isBeginningOf(older, home)).toBe(true);
    // Nothing more to do the second time.
    expect(await recover({ ledger, place: older, mirror: new FolderLogMirror(mirror) })).toMatchObject({ appended: 0, ahead: [] });

    await startOn(ledger, older);
    expect(await ledger.post(`accounts/${account}/charges`, charge, 'lost-1')).toMatchObject({ replayed: true });
    expect(await ledger.invoice(account, 'lost')).toBe('INV-000001');
    expect(await ledger.invoice(account, 'next')).toBe('INV-000002');
    const after = await ledger.signedHead();
    expect(after.size).toBeGreaterThan(head.size);
    expect(await ledger.service!.integrity.query.rootAt('demo', head.size)).toEqual(head.root);
    expect(await ledger.verify()).toMatchObject({ exitCode: 0, genesisHash });
  }, 180_000);

  it('goes on where a recovery was killed, before an append or behind it', async () => {
    const { older, home, ledger, mirror, head } = await disaster(engine);
    const begun = await eventsIn(older);
    const killedAt: number[] = [];
    for (const [appendsMax, isPersisted] of [
      [0, false],
      [0, true],
      [1, false],
      [1, true],
    ] as const) {
      let appends = 0;
      const openDoomed = async () => {
        const store = await openStore(older.store);
        const append = async (request: AppendRequest) => {
          const isLast = appends++ >= appendsMax;
          if (isLast && !isPersisted) throw new Error('killed');
          const appended = await store.append(request);
          if (isLast) throw new Error('killed');
          return appended;
        };
        return new Proxy(store, {
          get: (target, name) => {
            const value: unknown = name === 'append' ? append : Reflect.get(target, name);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        });
      };
      const killed = recover({ ledger, place: older, mirror: new FolderLogMirror(mirror), openStore: openDoomed });
      await expect(killed).rejects.toThrow('killed');
      expect(await isBeginningOf(older, home)).toBe(true);
      killedAt.push((await eventsIn(older)) - begun);
    }
    expect(killedAt[0]).toBe(0);
    expect(killedAt.toSorted((left, right) => left - right)).toEqual(killedAt);
    const recovered = await recover({ ledger, place: older, mirror: new FolderLogMirror(mirror) });
    expect(recovered.head).toEqual({ size: head.size, root: head.root });
  }, 180_000);

  it('that has diverged is refused, and nothing is written to it', async () => {
    const { older, ledger, account, mirror } = await disaster(engine);
    const other = await Ledger.create(closings); // The keys without what they remember: nobody holds the log back.
    await cp(ledger.folder, other.folder, { recursive: true, filter: (path) => !path.includes('checkpoint') });
    await startOn(other, older);
    await other.post(`accounts/${account}/charges`, charge, 'instead');
    await other.stop();
    const before = await eventsIn(older);
    const refused = recover({ ledger, place: older, mirror: new FolderLogMirror(mirror) });
    await expect(refused).rejects.toMatchObject({
      name: 'LogDivergedFault',
      message: expect.stringMatching(/leaf \d+ is \S+ at demo\./),
    });
    expect(await eventsIn(older)).toBe(before);
  }, 180_000);
});

it('[K15] a recovery reads from a server too, and only with a token that opens payloads', async () => {
  const { home, older, ledger, head } = await disaster('postgres');
  const mirrors = await Ledger.create(closings);
  await cp(ledger.folder, mirrors.folder, { recursive: true });
  await startOn(mirrors, home);
  const url = `${mirrors.service!.url}/logs/demo`;
  const withoutToken = recover({ ledger, place: older, mirror: new HttpLogMirror(url) });
  await expect(withoutToken).rejects.toMatchObject({
    name: 'MirrorFault',
    message: expect.stringMatching(/withholds the payload of leaf \d+: give a --token/),
  });
  const token = (await readFile(join(mirrors.folder, 'api-key'), 'utf8')).trim();
  const recovered = await recover({ ledger, place: older, mirror: new HttpLogMirror(url, { token }) });
  expect(recovered.head.size).toBeGreaterThanOrEqual(head.size);
}, 180_000);

it('[K15] a database that is newer than its event store follows the recovered one', async () => {
  const { home, older, ledger, account, mirror, head } = await disaster('eventstoredb');
  const place = { database: home.database, store: older.store };
  await startOn(ledger, place);
  await expect(ledger.post(`accounts/${account}/charges`, charge, 'refused')).rejects.toThrow('log_behind');
  await ledger.stop();
  const recovered = await recover({ ledger, place, mirror: new FolderLogMirror(mirror) });
  expect(recovered).toMatchObject({ head: { size: head.size, root: head.root }, isInPlace: false });
  await startOn(ledger, place);
  expect(await ledger.post(`accounts/${account}/charges`, charge, 'lost-1')).toMatchObject({ replayed: true });
  expect(await ledger.invoice(account, 'next')).toBe('INV-000002');
  expect((await ledger.signedHead()).size).toBeGreaterThan(head.size);
  expect(await ledger.verify()).toMatchObject({ exitCode: 0 });
}, 180_000);

describe('[K15] a mirror', () => {
  it('that is older than what was shown brings back what it has, and says what is still missing', async () => {
    const { home, older, ledger, account, mirror, head } = await disaster('postgres');
    await startOn(ledger, home);
    await ledger.post(`accounts/${account}/charges`, charge, 'newer');
    const newer = await ledger.signedHead();
    await ledger.stop();
    const recovered = await recover({ ledger, place: older, mirror: new FolderLogMirror(mirror) });
    expect(recovered.head.size).toBe(head.size);
    expect(recovered.ahead).toEqual([
      expect.objectContaining({ size: newer.size, by: expect.stringContaining('the file of the last head') }),
    ]);
    await startOn(ledger, older);
    await expect(ledger.post(`accounts/${account}/charges`, charge, 'refused')).rejects.toThrow('log_behind');
  }, 180_000);

  it('that lacks payloads, or was tampered with, recovers nothing and writes nothing', async () => {
    const { older, ledger, mirror } = await disaster('postgres');
    const before = await eventsIn(older);
    const [payloads] = await readdir(join(mirror, 'payloads'));
    const [tile] = await readdir(join(mirror, 'tile', '0', '000.p'));
    const lines = (await readFile(join(mirror, 'payloads', payloads!), 'utf8')).split('\n');
    const line = JSON.parse(lines.at(-2)!) as Record<string, unknown>;
    const withLine = (change: object) => [...lines.slice(0, -2), JSON.stringify({ ...line, ...change }), ''].join('\n');
    const hashes = await readFile(join(mirror, 'tile', '0', '000.p', tile!));
    const checkpoint = await readFile(join(mirror, 'checkpoint'), 'utf8');
    const flipped = (bytes: Buffer, at: number) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    const genesis = JSON.parse(await readFile(join(mirror, 'genesis.json'), 'utf8')) as { entry: string };
    const otherGenesis = { ...genesis, entry: Buffer.from('another').toString('base64') };
    const damages: [string, string | Buffer | undefined, RegExp][] = [
      [`payloads/${payloads}`, undefined, /a mirror without payloads shows which events are missing and cannot bring them back/],
      [`payloads/${payloads}`, withLine({ data: null, metadata: null }), /withholds the payload of leaf \d+/],
      [`payloads/${payloads}`, withLine({ data: 'missing', metadata: 'missing' }), /does not hold the payload of leaf \d+/],
      [
        `payloads/${payloads}`,
        withLine({ data: Buffer.from('{"fin":{}}').toString('base64') }),
        /the payload of leaf \d+ is not the event in the log/,
      ],
      [`payloads/${payloads}`, withLine({ rev: '7' }), /is not the event in the log/],
      [`tile/0/000.p/${tile}`, flipped(hashes, hashes.length - 1), /do not have the root of its signed head|that is another history/],
      [`tile/0/000.p/${tile}`, hashes.subarray(1), /has no whole tile\/0\/000/],
      ['checkpoint', checkpoint.replace(/\n\d+\n/, '\n9\n'), /is not signed by a key of the log/],
      ['checkpoint', undefined, /holds no checkpoint/],
      ['genesis.json', JSON.stringify(otherGenesis), /is a copy of another log/],
    ];
    for (const [name, bytes, message] of damages) {
      const kept = await readFile(join(mirror, name));
      if (bytes === undefined) await rm(join(mirror, name));
      else await writeFile(join(mirror, name), bytes);
      const refused = recover({ ledger, place: older, mirror: new FolderLogMirror(mirror) });
      await expect(refused).rejects.toMatchObject({ name: 'MirrorFault', message: expect.stringMatching(message) });
      await writeFile(join(mirror, name), kept);
      expect(await eventsIn(older)).toBe(before);
    }
  }, 180_000);
});
