import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { parseDecimal } from '../../money/decimal.ts';
import { type RateEvent, rateEvents, type RateSet } from './settlement-provider.events.ts';

/** The last rate of one token in one currency. */
export type KnownRate = { readonly status: 'none' } | { readonly status: 'set'; readonly rate: RateSet; readonly revision: bigint };

export const knownRate: Aggregate<KnownRate, RateEvent> = {
  initial: { status: 'none' },
  evolve: (_, { event, revision }) => ({ status: 'set', rate: event.data, revision }),
  events: rateEvents,
};

export type RateTableRejection =
  { readonly code: 'rate_ahead'; readonly at: string } | { readonly code: 'rate_not_newer'; readonly lastAt: string };

/** A source's clock may be a little ahead of ours. */
const aheadMsMax = 60_000;

/** Writes down a rate; one that was true before the last one comes too late. */
export function setRate(state: KnownRate, rate: RateSet, now: string): Decision<RateEvent, RateTableRejection> {
  if (Date.parse(rate.at) > Date.parse(now) + aheadMsMax) return reject({ code: 'rate_ahead', at: rate.at });
  if (state.status === 'set') {
    const isSame = (Object.keys(rate) as (keyof RateSet)[]).every((field) => state.rate[field] === rate[field]);
    if (isSame) return repeated(state.revision);
    if (rate.at < state.rate.at) return reject({ code: 'rate_not_newer', lastAt: state.rate.at });
  }
  return accept({ type: 'RateSet/1', data: rate });
}

/** The last rate, where something can be priced by it. A ledger may hold a zero from before those were refused: that is no rate. */
export function usableRate(state: KnownRate): RateSet | undefined {
  return state.status === 'none' || parseDecimal(state.rate.rate)?.digits === 0n ? undefined : state.rate;
}
