import { LRUCache } from 'lru-cache';
import { stateFrom } from '../../commands/application/live-aggregate.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { provider } from '../domain/provider.ts';
import type { EntryAccess } from '../domain/provider.events.ts';

/** What a provider decided works in every process within this time. */
const staleMsMax = 5_000;

/** Who may read the entries of a provider's log, straight from the provider's stream. */
export class EntryAccessQuery {
  readonly #store: EventStore;
  readonly #cache = new LRUCache<string, EntryAccess>({ max: 10_000, ttl: staleMsMax });

  constructor(store: EventStore) {
    this.#store = store;
  }

  async of(slug: string): Promise<EntryAccess> {
    const known = this.#cache.get(slug);
    if (known !== undefined) return known;
    const entries = await this.now(slug);
    this.#cache.set(slug, entries);
    return entries;
  }

  /** As it is at the call. */
  async now(slug: string): Promise<EntryAccess> {
    try {
      const state = await stateFrom(provider, this.#store.readStream(streamName({ slug, kind: 'provider', id: slug })));
      return state.status === 'none' ? 'public' : state.entries;
    } catch (error) {
      if (error instanceof StreamNotFoundFault) return 'public';
      throw error;
    }
  }
}
