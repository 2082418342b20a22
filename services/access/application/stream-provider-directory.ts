import type { EventStore } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import type { ProviderDirectory } from './provider-directory.ts';

export class StreamProviderDirectory implements ProviderDirectory {
  readonly #store: EventStore;

  constructor(store: EventStore) {
    this.#store = store;
  }

  async has(slug: string): Promise<boolean> {
    try {
      for await (const _ of this.#store.readStream(streamName({ slug, kind: 'provider', id: slug }), { maxCount: 1 })) return true;
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return false;
  }
}
