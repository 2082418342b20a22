import { EventTypes } from '../../event-store/domain/event-types.ts';

/* Facts of the places that an account has for mandates of wallets, stream `<slug>.mandatePlaces-<account>`. */

/** A wallet that signed in at a link sets a mandate up. It stands here before the mandate is offered. */
export type MandatePlaceTaken = {
  readonly account: string;
  /** The wallet: 0x and 40 lower-case hex. */
  readonly payer: string;
  readonly mandate: string;
  /** Of the mandate, seconds since 1970: when it was set up. With it a repeat of the command names the same mandate again. */
  readonly start: string;
};

/** The mandate of a place is over, or was never written down. */
export type MandatePlaceFreed = { readonly account: string; readonly mandate: string };

export type MandatePlacesEvent =
  | { readonly type: 'MandatePlaceTaken/1'; readonly data: MandatePlaceTaken }
  | { readonly type: 'MandatePlaceFreed/1'; readonly data: MandatePlaceFreed };

export const mandatePlacesEvents = new EventTypes<MandatePlacesEvent>({ 'MandatePlaceTaken/1': [], 'MandatePlaceFreed/1': [] });
