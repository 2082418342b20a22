import { connectionStringProblem } from '../../event-store/adapters/eventstoredb/connection-string.ts';
import { PostgresEventStore } from '../../event-store/adapters/postgres/postgres.event-store.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { EngineFault } from '../embedded/engine-fault.ts';
import type { Engines } from '../embedded/engines.ts';
import { openEventStoreDB } from '../open-event-store.ts';
import { SettingsFault } from '../settings.ts';

/** An event store that the settings or a command line name. */
export interface StorePlace {
  readonly kind: 'postgres' | 'eventstoredb';
  readonly url: string;
}

/** The store of the settings. */
export function storePlaceIn({ databaseUrl, eventStoreUrl }: Pick<Engines, 'databaseUrl' | 'eventStoreUrl'>): StorePlace {
  return eventStoreUrl === undefined ? { kind: 'postgres', url: databaseUrl } : { kind: 'eventstoredb', url: eventStoreUrl };
}

/** `postgres` is the database of the settings; else a URL. The message does not repeat it: it may hold a password. */
export function storePlaceOf(name: string, databaseUrl: string): StorePlace {
  if (name === 'postgres') return { kind: 'postgres', url: databaseUrl };
  if (URL.canParse(name) && ['postgres:', 'postgresql:'].includes(new URL(name).protocol)) return { kind: 'postgres', url: name };
  if (!/^esdb(\+discover)?:/.test(name)) {
    throw new SettingsFault('--to takes a URL that begins with postgres:// or esdb://, or "postgres" for the database of the settings.');
  }
  const problem = connectionStringProblem(name);
  if (problem !== undefined) throw new SettingsFault(`--to ${problem}.`);
  return { kind: 'eventstoredb', url: name };
}

/** Opens a store and asks it whether it takes appends. Throws EngineFault when the user has to mend something. */
export async function openStore({ kind, url }: StorePlace): Promise<EventStore> {
  return kind === 'eventstoredb' ? openEventStoreDB(url) : openPostgres(url);
}

async function openPostgres(url: string): Promise<EventStore> {
  const store = new PostgresEventStore({ url });
  try {
    await store.ready();
    return store;
  } catch (error) {
    await store.dispose();
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineFault(
      `The event store cannot be used (${reason}); start it, check its URL, and make its tables with "DATABASE_URL=<url> bin/tallyroot migrate".`,
      { cause: error },
    );
  }
}
