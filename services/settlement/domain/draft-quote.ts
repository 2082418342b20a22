import { secondsAt } from './chain-time.ts';
import { moneyOf } from '../../money/money.ts';
import { currencyWord, quoteKinds, type SignedTerms, zeroAddress } from './quote.ts';
import type { OpenSlot } from './slot.ts';
import { minorOf } from './token-units.ts';

export interface QuoteDraft {
  readonly payer: string;
  readonly token: string;
  /** In units of the token. */
  readonly units: bigint;
  readonly now: string;
  readonly quoteSeconds: bigint;
  /** When the last quote in the token ends: in no block are both good. */
  readonly after?: bigint | undefined;
}

/** The clock of a chain may be behind ours by so much, and a quote be paid at once all the same. */
export const behindSecondsMax = 60n;

const unitsMax = { settlement: 2n ** 128n - 1n, escrow: 2n ** 96n - 1n } as const;

export type QuoteDraftRejection =
  | { readonly code: 'amount_out_of_range'; readonly units: string }
  /** The event of an escrowed purchase is too near: its offers end before the provider may take the money. */
  | { readonly code: 'sale_over' };

/** What is to be signed for a slot at the place that it is bound to. */
export function draftQuote({ opened, place }: OpenSlot, draft: QuoteDraft): SignedTerms | QuoteDraftRejection {
  const { payer, token, units, now, quoteSeconds, after = 0n } = draft;
  if (units > unitsMax[place.module]) return { code: 'amount_out_of_range', units: units.toString() };
  const { providerId, seq, invoiceRef, amount, currency } = opened;
  const seconds = secondsAt(now);
  const deadline = seconds + quoteSeconds;
  const [begins, follows] = [seconds - behindSecondsMax, after - 1n];
  const common = { providerId, seq, payer, token, amount: units.toString() };
  if (place.module === 'escrow') {
    const { eventId, captureAfter, reclaimAfter } = escrowOf(place);
    if (deadline >= BigInt(captureAfter)) return { code: 'sale_over' };
    const offer = { ...common, eventId, ref: invoiceRef, captureAfter, reclaimAfter, deadline: deadline.toString() };
    return { module: 'escrow', offer };
  }
  const quote = {
    ...common,
    invoiceRef,
    kind: quoteKinds[opened.purpose.kind],
    currency: wordOf(currency),
    fiatMinor: minorOf(moneyOf(amount, currency)).toString(),
    validAfter: (begins > follows ? begins : follows).toString(),
    deadline: deadline.toString(),
  };
  return { module: 'settlement', quote };
}

/** The same price until the same moment, for whoever pays. */
export function forAnybody(terms: SignedTerms): SignedTerms {
  return terms.module === 'settlement'
    ? { module: 'settlement', quote: { ...terms.quote, payer: zeroAddress } }
    : { module: 'escrow', offer: { ...terms.offer, payer: zeroAddress } };
}

function wordOf(currency: string): string {
  const word = currencyWord(currency);
  if (word === undefined) throw new RangeError(`A slot in ${currency} cannot be written on chain.`);
  return word;
}

function escrowOf({ escrow }: OpenSlot['place']) {
  if (escrow === undefined) throw new RangeError('A slot at the escrow names no event.');
  return escrow;
}
