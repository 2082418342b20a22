import { knownEventOf } from '../../../commands/application/live-aggregate.ts';
import type { EventStore } from '../../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../../event-store/domain/faults.ts';
import { knownRate } from '../../domain/rate-table.ts';
import type { ReferenceRate } from '../../domain/reference-rate.ts';
import { rateStream } from '../settlement-streams.ts';

export interface RateAsked {
  /** Currency code of the token. */
  readonly base: string;
  readonly currency: string;
  /** UTC ISO text. */
  readonly time: string;
}

/** What a token was worth at a time. */
export interface ReferenceRates {
  /** The newest rate that was true by then; undefined where nobody had said one. */
  at(provider: string, asked: RateAsked): Promise<ReferenceRate | undefined>;
}

/** The rates that the provider wrote down, each with its source and time. */
export class LoggedRates implements ReferenceRates {
  readonly #store: EventStore;

  constructor(store: EventStore) {
    this.#store = store;
  }

  async at(provider: string, { base, currency, time }: RateAsked): Promise<ReferenceRate | undefined> {
    try {
      for await (const stored of this.#store.readStream(rateStream(provider, base, currency), { direction: 'backwards' })) {
        const { rate, source, at } = knownEventOf(knownRate, stored).event.data;
        if (at <= time) return { base, currency, rate, source, at };
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return undefined;
  }
}

/** Nest injection token of the port. */
export const REFERENCE_RATES = Symbol('ReferenceRates');
