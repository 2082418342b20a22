import { PostgresEventStore } from '../../event-store/adapters/postgres/postgres.event-store.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { EngineFault } from '../embedded/engine-fault.ts';
import { SettingsFault } from '../settings.ts';

/** An event store that a command line names. */
export type StorePlace = { readonly kind: 'postgres'; readonly url: string };

/** `postgres` is the database of the settings; else a URL. The message does not repeat it: it may hold a password. */
export function storePlaceOf(name: string, databaseUrl: string): StorePlace {
  if (name === 'postgres') return { kind: 'postgres', url: databaseUrl };
  if (URL.canParse(name) && ['postgres:', 'postgresql:'].includes(new URL(name).protocol)) return { kind: 'postgres', url: name };
  throw new SettingsFault('--to takes a URL that begins with postgres://, or "postgres" for the database of the settings.');
}

/** Opens a store and asks it whether it takes appends. Throws EngineFault when the user has to mend something. */
export async function openStore({ url }: StorePlace): Promise<EventStore> {
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
