import { knownEventOf } from '../../../commands/application/live-aggregate.ts';
import type { EventStore } from '../../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../../event-store/domain/faults.ts';
import { isTooOld } from '../../domain/rate.ts';
import { knownRate } from '../../domain/rate-table.ts';
import type { ReferenceRate } from '../../domain/reference-rate.ts';
import type { OldRateNotice, OnOldRate } from '../settlement-alarms.ts';
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

/**
 * The rates that the provider wrote down, each with its source and time. One that is older than a payment by it can be is used all the same: what is
 * final is posted. But somebody is told, once a rate.
 */
export class LoggedRates implements ReferenceRates {
  readonly #store: EventStore;
  readonly #onOld: OnOldRate;
  readonly #told = new Set<string>();

  constructor(store: EventStore, onOld: OnOldRate) {
    [this.#store, this.#onOld] = [store, onOld];
  }

  async at(provider: string, { base, currency, time }: RateAsked): Promise<ReferenceRate | undefined> {
    try {
      for await (const stored of this.#store.readStream(rateStream(provider, base, currency), { direction: 'backwards' })) {
        const set = knownEventOf(knownRate, stored).event.data;
        const { rate, source, at } = set;
        if (at > time) continue;
        if (isTooOld(set, time)) this.#tell({ provider, base, currency, at, usedFor: time });
        return { base, currency, rate, source, at };
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return undefined;
  }

  #tell(notice: OldRateNotice): void {
    const { provider, base, currency, at } = notice;
    const key = `${provider} ${base} ${currency} ${at}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#onOld(notice);
  }
}

/** Nest injection token of the port. */
export const REFERENCE_RATES = Symbol('ReferenceRates');
