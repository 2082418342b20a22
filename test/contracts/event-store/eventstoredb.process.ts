import { EventStoreDbEventStore } from '../../../services/event-store/adapters/eventstoredb/eventstoredb.event-store.ts';

/** For a process of its own: a client of the server at this URL. */
export const open = (url: string) => new EventStoreDbEventStore({ url });
