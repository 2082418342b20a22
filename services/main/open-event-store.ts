import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresEventStore } from '../event-store/adapters/postgres/postgres.event-store.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { StoreUnavailableFault } from '../event-store/domain/faults.ts';
import { EngineFault } from './embedded/engine-fault.ts';

export interface EventStorePlaces {
  /** Of the service's role, on a migrated database. */
  readonly databaseUrl: string;
  /** Of an EventStoreDB; undefined: events lie in the database. */
  readonly eventStoreUrl: string | undefined;
}

export interface EventStoreNotices {
  /** The server dropped a live reader that lagged, so many times so far. It reads on at once, so this tells of load and not of an outage. */
  readonly onLiveDrop?: (drops: number) => void;
}

/** A server that was just started answers within a few seconds; one with a long log took six. */
const readyMsMax = 15_000;
const retryDelayMs = 250;

/** The event store that the settings name. Throws EngineFault when the user has to mend something. */
export async function openEventStore(
  { databaseUrl, eventStoreUrl }: EventStorePlaces,
  notices: EventStoreNotices = {},
): Promise<EventStore> {
  return eventStoreUrl === undefined ? new PostgresEventStore({ url: databaseUrl }) : openEventStoreDB(eventStoreUrl, notices);
}

/** Resolves when the server takes appends and reads. */
export async function openEventStoreDB(url: string, notices: EventStoreNotices = {}): Promise<EventStore> {
  const store = await connect(url, notices);
  try {
    await untilReady(store);
    return store;
  } catch (error) {
    await store.dispose();
    throw error;
  }
}

/** Loaded only where it is used: the client with its protocol takes a quarter of a second. */
async function connect(url: string, notices: EventStoreNotices): Promise<EventStore> {
  const { EventStoreDbEventStore } = await import('../event-store/adapters/eventstoredb/eventstoredb.event-store.ts');
  try {
    return new EventStoreDbEventStore({ url, ...notices });
  } catch (error) {
    throw new EngineFault(`The EventStoreDB cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function untilReady(store: EventStore): Promise<void> {
  for (const deadline = performance.now() + readyMsMax; ; await sleep(retryDelayMs)) {
    try {
      return await store.ready();
    } catch (error) {
      if (!(error instanceof StoreUnavailableFault)) throw error;
      if (performance.now() < deadline) continue;
      throw new EngineFault(`The EventStoreDB does not answer (${error.message.replace(/\.$/, '')}); start it, and check its URL.`, {
        cause: error,
      });
    }
  }
}
