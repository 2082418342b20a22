import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { EventStore } from '../../../services/event-store/domain/event-store.ts';
import { keyInFile } from '../../../services/integrity/adapters/keys/pem-keyring.ts';
import { beginNewIncarnation } from '../../../services/main/recover/new-incarnation.ts';
import { giveStoreId } from '../../../services/main/store/give-store-id.ts';
import { openStore } from '../../../services/main/store/store-place.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { HttpLogSource } from '../../../verifier/source/http.log-source.ts';
import { verifyLog, type VerifyOptions } from '../../../verifier/verify.ts';
import { findingsOf, summaryOf } from '../../support/verify-files.ts';
import { Ledger } from './ledger.ts';
import { copyOf, engines, type Place, placeOn, startOn } from './older-copy.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

const charge = { amount: '1.00', currency: 'EUR', product: 'tv', description: 'TV' };
const opening = { billing: 'postpaid', currency: 'EUR', creditLimit: '500' };
const unlisted = { V1: 'not checked', V6: 'not checked' };

interface Beginning {
  readonly ledger: Ledger;
  readonly place: Place;
  readonly openStore?: () => Promise<EventStore>;
}

async function begin({ ledger, place, openStore: open = () => openStore(place.store) }: Beginning) {
  const pool = createPool({ url: place.database.serviceUrl, connectionsMax: 8 });
  const keysFolder = join(ledger.folder, 'keys');
  try {
    return await beginNewIncarnation({
      ...{ slug: 'demo', pool, keysFolder, chain: undefined, openStore: open, logger: pino({ level: 'silent' }) },
      recovery: await keyInFile(join(keysFolder, 'demo', 'recovery.pem')),
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

/** A ledger with an older copy, which went on and answered what the copy does not have. */
async function disaster(engine: (typeof engines)[number]) {
  const home = await placeOn(engine, closings);
  const ledger = await Ledger.create(closings);
  await startOn(ledger, home);
  const { id: account } = await ledger.post('accounts', opening);
  await ledger.post(`accounts/${account}/charges`, charge, 'kept');
  await ledger.invoice(account, 'kept');
  await ledger.signedHead();
  await ledger.stop();
  const older = await copyOf(home, closings);
  await startOn(ledger, home);
  await ledger.post(`accounts/${account}/charges`, charge, 'lost');
  await ledger.invoice(account, 'lost');
  const shown = await ledger.signedHead();
  await ledger.stop();
  return { home, older, ledger, account, shown };
}

/** What an auditor finds on the running ledger. */
async function verified(ledger: Ledger, options: Partial<VerifyOptions> = {}) {
  await ledger.signedHead();
  const token = (await readFile(join(ledger.folder, 'api-key'), 'utf8')).trim();
  const url = `${ledger.service!.url}/logs/demo/`;
  const genesisHash = await ledger.service!.integrity.logs.genesisHashOf('demo');
  const superseded = [new HttpLogSource(`${url}incarnations/1/`, { token })];
  return verifyLog({
    ...{ source: new HttpLogSource(url, { token }), genesisHash, superseded, rpcUrls: [], isOffline: true },
    ...options,
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
    expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: unlisted, firstBad: undefined });
    expect(findingsOf(outcome)).toContainEqual(['admitted-loss', undefined]);
    expect(summaryOf(await verified(ledger, { superseded: [] }))).toMatchObject({ verdict: 'UNVERIFIABLE' });
  }, 180_000);
});
