import { stateFrom } from '../../../commands/application/live-aggregate.ts';
import type { EventStore } from '../../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../../event-store/domain/faults.ts';
import { terms } from '../../domain/terms.ts';
import type { TermsDocument } from '../../domain/terms.events.ts';
import { termsStream } from '../settlement-streams.ts';

/** Terms straight from their own stream. Nothing is kept of hashes that strangers ask for. */
export class PublishedTerms {
  readonly #store: EventStore;

  constructor(store: EventStore) {
    this.#store = store;
  }

  async find(provider: string, hash: string): Promise<TermsDocument | undefined> {
    try {
      const state = await stateFrom(terms, this.#store.readStream(termsStream(provider, hash), { maxCount: 1 }));
      return state.status === 'none' ? undefined : state.document;
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
      return undefined;
    }
  }
}
