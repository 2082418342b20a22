import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';

/** For a process of its own: a client of the database at this URL. */
export const open = (url: string) => new PostgresEventStore({ url, pollMs: 20 });
