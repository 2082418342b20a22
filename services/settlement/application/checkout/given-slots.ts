import { knownEventOf } from '../../../commands/application/live-aggregate.ts';
import type { EventStore } from '../../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../../event-store/domain/faults.ts';
import { slotRegister } from '../../domain/slot-register.ts';
import { slotRegisterStream } from '../settlement-streams.ts';

/** How far the numbers of slots were given out. */
export interface GivenSlots {
  /** The last one of the provider, 0 before the first. */
  last(provider: string): Promise<bigint>;
}

/** By the newest event of the provider's register: numbers have no gap, so nothing else has to be read. */
export class StreamGivenSlots implements GivenSlots {
  readonly #store: Pick<EventStore, 'readStream'>;

  constructor(store: Pick<EventStore, 'readStream'>) {
    this.#store = store;
  }

  async last(provider: string): Promise<bigint> {
    try {
      for await (const stored of this.#store.readStream(slotRegisterStream(provider), { direction: 'backwards', maxCount: 1 }))
        return BigInt(knownEventOf(slotRegister, stored).event.data.seq);
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return 0n;
  }
}
