import type { EventStore } from '../../../services/event-store/domain/event-store.ts';
import { exportLog } from '../../../services/integrity/application/export-log.ts';
import { copyLog } from '../../../services/event-store/application/copy-log.ts';
import { carryState } from '../../../services/main/store/carry-state.ts';
import { openStore, type StorePlace } from '../../../services/main/store/store-place.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { EventStoreDBDouble } from '../../eventstoredb-double/eventstoredb-double.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import type { Ledger } from './ledger.ts';

export const engines = ['postgres', 'eventstoredb'] as const;
type Engine = (typeof engines)[number];

type Closings = (() => Promise<unknown>)[];

/** Where a ledger's events and everything else lie. */
export interface Place {
  readonly database: TestDatabase;
  readonly store: StorePlace;
}

export async function placeOn(engine: Engine, closings: Closings): Promise<Place> {
  const database = await freshDatabase();
  closings.push(() => database.drop());
  if (engine === 'postgres') return { database, store: { kind: 'postgres', url: database.serviceUrl } };
  const double = await EventStoreDBDouble.start();
  closings.push(() => double.stop());
  return { database, store: { kind: 'eventstoredb', url: double.connectionString } };
}

export async function startOn(ledger: Ledger, { database, store }: Place) {
  return ledger.start(database, store.kind === 'eventstoredb' ? store.url : undefined);
}

export async function withStores<T>(
  places: readonly [Place, Place],
  work: (...stores: [EventStore, EventStore]) => Promise<T>,
): Promise<T> {
  const stores: EventStore[] = [];
  try {
    for (const { store } of places) stores.push(await openStore(store));
    return await work(...(stores as [EventStore, EventStore]));
  } finally {
    for (const store of stores) await store.dispose();
  }
}

/** A copy of everything as it is now, as a dump that is restored somewhere else. */
export async function copyOf(place: Place, closings: Closings): Promise<Place> {
  const copy = await placeOn(place.store.kind, closings);
  await withStores([place, copy], (source, target) => copyLog({ source, target }));
  const [from, to] = [place, copy].map(({ database }) => createPool({ url: database.serviceUrl, connectionsMax: 2 }));
  await carryState(from!, to!);
  await from!.end();
  await to!.end();
  return copy;
}
/** Exports the log of a running ledger once its head covers everything. */
export async function mirrorOf(ledger: Ledger, folder: string): Promise<string> {
  await ledger.signedHead();
  await exportLog(ledger.service!.integrity.files, 'demo', folder);
  return folder;
}
