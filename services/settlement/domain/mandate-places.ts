import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { type MandatePlacesEvent, mandatePlacesEvents, type MandatePlaceTaken } from './mandate-places.events.ts';

/** So many mandates one wallet may have set up at links of an account: more than anybody needs. */
export const walletPlacesMax = 10;
/** So many all wallets together: a wallet costs nothing, and collecting looks at every mandate of the account. */
export const accountPlacesMax = 50;

/** The places of an account that are taken, by mandate. */
export interface MandatePlaces {
  readonly taken: ReadonlyMap<string, MandatePlace>;
}

export interface MandatePlace extends Pick<MandatePlaceTaken, 'payer' | 'start'> {
  readonly revision: bigint;
}

export type PlaceRejection = { readonly code: 'mandates_too_many'; readonly most: string };

export const mandatePlaces: Aggregate<MandatePlaces, MandatePlacesEvent> = {
  initial: { taken: new Map() },
  evolve: ({ taken: before }, { event, revision }) => {
    const taken = new Map(before);
    if (event.type === 'MandatePlaceFreed/1') taken.delete(event.data.mandate);
    else taken.set(event.data.mandate, { payer: event.data.payer, start: event.data.start, revision });
    return { taken };
  },
  version: 1,
  events: mandatePlacesEvents,
};

/** `over`: mandates of places that somebody who read their streams found to be over, for good. */
export function takePlace(
  { taken }: MandatePlaces,
  data: MandatePlaceTaken,
  over: ReadonlySet<string> = new Set(),
): Decision<MandatePlacesEvent, PlaceRejection> {
  const known = taken.get(data.mandate);
  if (known !== undefined) return repeated(known.revision);
  const kept = [...taken].filter(([mandate]) => !over.has(mandate));
  const ofWallet = kept.filter(([, { payer }]) => payer === data.payer);
  if (ofWallet.length >= walletPlacesMax) return reject({ code: 'mandates_too_many', most: walletPlacesMax.toString() });
  if (kept.length >= accountPlacesMax) return reject({ code: 'mandates_too_many', most: accountPlacesMax.toString() });
  const freed = [...taken.keys()].filter((mandate) => over.has(mandate));
  return accept(
    { type: 'MandatePlaceTaken/1', data },
    ...freed.map((mandate): MandatePlacesEvent => ({ type: 'MandatePlaceFreed/1', data: { account: data.account, mandate } })),
  );
}
