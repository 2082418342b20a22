import { behindSecondsMax } from './draft-quote.ts';
import { landingEndOf, type OpenSlot } from './slot.ts';

/** As long as an offer of prepaid credit is good: as a quote for a token that moves. */
export const offerSeconds = 600n;

/** The turn of prepaid credit that was asked for while quotes bound the slot, in seconds since 1970. */
export interface CreditTurn {
  /** Until then quotes may follow on each other. */
  readonly quotesUntil: bigint;
  /** And from then on until this none is signed: the last of them cannot land any more, and there was time for one offer. */
  readonly end: bigint;
}

/** Undefined where nobody asked, and where something was offered since. What was quoted behind the turn does not lengthen it. */
export function creditTurnOf({ asked, redemptions, quotes }: OpenSlot): CreditTurn | undefined {
  const last = redemptions.at(-1);
  if (asked === undefined || (last !== undefined && last.revision > asked.revision)) return undefined;
  const quotesUntil = BigInt(asked.quotesUntil);
  const before = quotes.filter(({ terms }) => terms.module === 'settlement' && BigInt(terms.quote.validAfter) < quotesUntil);
  const end = landingEndOf(before) + offerSeconds;
  // A quote of a minute behind may seem to be of before. Where the last one was over for as long, nothing kept credit out.
  return { quotesUntil, end: end > quotesUntil + behindSecondsMax ? end : quotesUntil };
}
