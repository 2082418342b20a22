import { secondsAt } from './chain-time.ts';
import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import { periodAt } from './mandate-terms.ts';
import { type CollectionDecided, type MandateEvent, mandateEvents, type MandateOffered } from './mandate.events.ts';

interface Offered {
  readonly offered: MandateOffered;
  /** Of the last event. */
  readonly revision: bigint;
}

interface Agreed extends Offered {
  readonly signature: string;
  readonly signedAt: bigint;
  /** By slot: what was decided and not given up, with the revision of the decision. */
  readonly collections: ReadonlyMap<string, Collection>;
}

export interface Collection {
  readonly decided: CollectionDecided;
  readonly revision: bigint;
}

export type OfferedMandate = Offered & { readonly status: 'offered' };
export type AgreedMandate = Agreed & { readonly status: 'agreed' };
/** What was never agreed to can be revoked, too: then it can never be agreed to. */
export type RevokedMandate = Offered & { readonly status: 'revoked'; readonly revokedAt: bigint; readonly wasAgreed: boolean };
export type Mandate = { readonly status: 'none' } | OfferedMandate | AgreedMandate | RevokedMandate;

export const mandate: Aggregate<Mandate, MandateEvent> = { initial: { status: 'none' }, evolve, events: mandateEvents };

function evolve(state: Mandate, { event, revision }: Placed<MandateEvent>): Mandate {
  if (event.type === 'MandateOffered/1') return { status: 'offered', offered: event.data, revision };
  if (state.status === 'none') return state; // Nothing can precede the offer; `evolve` takes it all the same.
  const { offered } = state;
  if (event.type === 'MandateRevoked/1') {
    const wasAgreed = state.status === 'revoked' ? state.wasAgreed : state.status === 'agreed';
    return { status: 'revoked', offered, revision, revokedAt: revision, wasAgreed };
  }
  if (event.type === 'MandateSigned/1') {
    return { status: 'agreed', offered, revision, signature: event.data.signature, signedAt: revision, collections: new Map() };
  }
  if (state.status !== 'agreed') return { ...state, revision };
  const collections = new Map(state.collections);
  if (event.type === 'CollectionDecided/1') collections.set(event.data.slot, { decided: event.data, revision });
  else collections.delete(event.data.slot);
  return { ...state, collections, revision };
}

/** What the caps leave in a period, in units of the token: M1 and M2, as far as decisions go. Unused periods do not add up. */
export function leftIn({ offered: { terms }, collections }: AgreedMandate, period: bigint): bigint {
  let [spent, total] = [0n, 0n];
  for (const { decided } of collections.values()) {
    const units = BigInt(decided.tokenUnits);
    total += units;
    if (BigInt(decided.period) === period) spent += units;
  }
  const [ofPeriod, ofTotal] = [BigInt(terms.maxPerPeriod) - spent, BigInt(terms.totalCap) - total];
  const left = ofPeriod < ofTotal ? ofPeriod : ofTotal;
  return left > 0n ? left : 0n;
}

/** What the caps leave for a slot, whatever was decided for that one before; undefined where the mandate is not in its time. */
export function leftForSlot(state: AgreedMandate, slot: string, now: string): bigint | undefined {
  const period = periodAt(state.offered.terms, secondsAt(now));
  if (period === undefined) return undefined;
  return leftIn({ ...state, collections: new Map([...state.collections].filter(([decided]) => decided !== slot)) }, period);
}
