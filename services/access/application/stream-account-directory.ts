import type { EventStore } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import type { AccountDirectory } from './account-directory.ts';

export class StreamAccountDirectory implements AccountDirectory {
  readonly #store: EventStore;

  constructor(store: EventStore) {
    this.#store = store;
  }

  async has(provider: string, account: string): Promise<boolean> {
    try {
      for await (const _ of this.#store.readStream(streamName({ slug: provider, kind: 'account', id: account }), { maxCount: 1 }))
        return true;
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return false;
  }
}
