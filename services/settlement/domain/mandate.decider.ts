import { secondsAt } from './chain-time.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText, type Money } from '../../money/money.ts';
import { isRevokedByPayer, isSignedByPayer, periodAt } from './mandate-terms.ts';
import type { CollectionDecided, MandateEvent, MandateOffered } from './mandate.events.ts';
import { type AgreedMandate, leftIn, type Mandate } from './mandate.ts';
import { zeroAddress } from './quote.ts';

/* Mandates: what their payers agree to, and what is taken by them. Rejections are listed in precedence order. */

export type MandateRejection =
  | { readonly code: 'mandate_not_found' }
  | { readonly code: 'mandate_malformed'; readonly field: string }
  | { readonly code: 'mandate_revoked' }
  | { readonly code: 'mandate_signature_wrong' }
  | { readonly code: 'mandate_not_signed' }
  /** The contract knows of no approval by the payer. */
  | { readonly code: 'mandate_not_approved' }
  | { readonly code: 'mandate_not_active'; readonly start: string; readonly end: string }
  /** The slot asks for another token, payer or place than the mandate is for. */
  | { readonly code: 'mandate_differs'; readonly field: string }
  /** More than the invoice asks for, by now. */
  | { readonly code: 'collection_above_invoice'; readonly open: string; readonly currency: string }
  | { readonly code: 'quote_expired'; readonly deadline: string }
  | { readonly code: 'mandate_cap_exceeded'; readonly wanted: string; readonly left: string };

type MandateDecision = Decision<MandateEvent, MandateRejection>;

/** The widest total that the contract can count, and the highest index of a period. */
const totalEnd = 2n ** 104n;
const periodsEnd = 2n ** 32n;

/* What was set up at a link, in seconds from its start: it is written down, agreed to and collected from within these, or it is over. */
/** A repeat that comes later names nothing any more. Well below the next, so that no place is given to others while one may still be on its way. */
const writtenWithin = 3_600n;
const agreedWithin = 86_400n;
const collectedWithin = 90n * 86_400n;

/** Writes down what a payer is asked to agree to. The contract would refuse other terms only when the first collection fails. */
export function offerMandate(state: Mandate, data: MandateOffered, now: string): MandateDecision {
  if (state.status !== 'none') return repeated(0n);
  const { token, maxPerPeriod, totalCap, period, start, end } = data.terms;
  if (data.byPayer === true && isPast(start, writtenWithin, now)) return reject({ code: 'mandate_revoked' });
  if (token === zeroAddress) return reject({ code: 'mandate_malformed', field: 'token' });
  if (BigInt(maxPerPeriod) === 0n) return reject({ code: 'mandate_malformed', field: 'maxPerPeriod' });
  if (BigInt(totalCap) < BigInt(maxPerPeriod) || BigInt(totalCap) >= totalEnd)
    return reject({ code: 'mandate_malformed', field: 'totalCap' });
  if (BigInt(period) === 0n) return reject({ code: 'mandate_malformed', field: 'period' });
  if (BigInt(end) <= BigInt(start) || (BigInt(end) - BigInt(start)) / BigInt(period) >= periodsEnd) {
    return reject({ code: 'mandate_malformed', field: 'end' });
  }
  return accept({ type: 'MandateOffered/1', data });
}

/** The payer's own signature; or one of a contract, or an approval by transaction (`0x`), which somebody who asked the chain vouches for. */
export type Agreement = { readonly signature: string; readonly isVerifiedOnChain: boolean };

export function signMandate(state: Mandate, { signature, isVerifiedOnChain }: Agreement): MandateDecision {
  if (state.status === 'none') return reject({ code: 'mandate_not_found' });
  if (state.status === 'revoked') return reject({ code: 'mandate_revoked' });
  const { mandate, terms, chainId, contract } = state.offered;
  if (!isVerifiedOnChain && !isSignedByPayer(terms, { chainId, contract }, signature)) return reject({ code: 'mandate_signature_wrong' });
  if (state.status === 'agreed') return repeated(state.signedAt);
  return accept({ type: 'MandateSigned/1', data: { mandate, signature } });
}

export interface CollectData extends Pick<CollectionDecided, 'slot' | 'invoice' | 'invoiceRef' | 'tokenUnits' | 'deadline'> {
  readonly chainId: string;
  readonly contract: string;
  readonly token: string;
  /** Whom the quote is for; undefined for anybody. */
  readonly payer: string | undefined;
  readonly account: string;
  /** What the quote counts for. */
  readonly amount: Money;
  /** What the invoice still asks for. */
  readonly open: Money;
  /** Asked for by the payer, on the page of a checkout. */
  readonly byPayer?: boolean;
}

/** A mandate that the payer agreed to and has not ended, or why there is nothing to collect under it. */
export function collectable(state: Mandate): AgreedMandate | MandateRejection {
  if (state.status === 'none') return { code: 'mandate_not_found' };
  if (state.status === 'revoked') return { code: 'mandate_revoked' };
  return state.status === 'offered' ? { code: 'mandate_not_signed' } : state;
}

/**
 * Decides that a slot is collected: at the rate of its quote, never above what the invoice asks for, within the caps (M1, M2) and the times
 * of the mandate (M3), under terms that the payer agreed to (M4). The same slot again changes nothing (M5).
 */
export function collect(state: Mandate, data: CollectData, now: string): MandateDecision {
  const agreed = collectable(state);
  if ('code' in agreed) return reject(agreed);
  const known = agreed.collections.get(data.slot);
  if (known !== undefined) return repeated(known.revision);
  const { mandate, account, terms, chainId, contract } = agreed.offered;
  const seconds = secondsAt(now);
  const period = periodAt(terms, seconds);
  if (period === undefined) return reject({ code: 'mandate_not_active', start: terms.start, end: terms.end });
  const field = differing(data, { account, token: terms.token, chainId, contract, payer: terms.payer });
  if (field !== undefined) return reject({ code: 'mandate_differs', field });
  if (data.amount.currency !== data.open.currency || data.amount.amount > data.open.amount) {
    return reject({ code: 'collection_above_invoice', open: amountText(data.open), currency: data.open.currency });
  }
  if (seconds >= BigInt(data.deadline)) return reject({ code: 'quote_expired', deadline: data.deadline });
  const left = leftIn(agreed, period);
  if (BigInt(data.tokenUnits) > left) return reject({ code: 'mandate_cap_exceeded', wanted: data.tokenUnits, left: left.toString() });
  const { slot, invoice, invoiceRef, tokenUnits, deadline, amount } = data;
  const amounts = { amount: amountText(amount), currency: amount.currency, tokenUnits };
  return accept({
    type: 'CollectionDecided/1',
    data: {
      ...{ mandate, account, slot, invoice, invoiceRef, ...amounts, period: period.toString(), deadline },
      ...(data.byPayer === true && { byPayer: true as const }),
    },
  });
}

/** Gives up a collection that came to nothing: by its decision, so that a later one for the slot stays. */
export function releaseCollection(state: Mandate, { slot, decided }: { readonly slot: string; readonly decided: string }): MandateDecision {
  if (state.status === 'none') return reject({ code: 'mandate_not_found' });
  const known = state.status === 'agreed' ? state.collections.get(slot) : undefined;
  if (known?.revision.toString() !== decided) return repeated(state.revision);
  return accept({ type: 'CollectionReleased/1', data: { mandate: state.offered.mandate, slot, decided } });
}

/** The payer ends it. From here on nothing is collected, whatever the contract knows yet. */
export function revokeMandate(state: Mandate, { signature, isVerifiedOnChain }: Agreement): MandateDecision {
  if (state.status === 'none') return reject({ code: 'mandate_not_found' });
  const { mandate, terms, chainId, contract } = state.offered;
  if (!isVerifiedOnChain && !isRevokedByPayer(terms.payer, mandate, { chainId, contract }, signature))
    return reject({ code: 'mandate_signature_wrong' });
  if (state.status === 'revoked') return repeated(state.revokedAt);
  return accept({ type: 'MandateRevoked/1', data: { mandate, by: 'payer', signature } });
}

/** The contract says that it is over. */
export function noteRevocation(state: Mandate): MandateDecision {
  if (state.status === 'none') return reject({ code: 'mandate_not_found' });
  if (state.status === 'revoked') return repeated(state.revokedAt);
  return accept({ type: 'MandateRevoked/1', data: { mandate: state.offered.mandate, by: 'chain' } });
}

/** Whether what was set up at a link at that moment can be agreed to no more. */
export function isOfferOver(start: string, now: string): boolean {
  return isPast(start, agreedWithin, now);
}

/** Set up at a link, and not agreed to in a day; or nothing collected under it, and nothing under way, in ninety. */
export function hasLapsed(state: Mandate, now: string): boolean {
  if (state.status === 'none' || state.status === 'revoked' || state.offered.byPayer !== true) return false;
  const { start } = state.offered.terms;
  return state.status === 'offered' ? isOfferOver(start, now) : state.collections.size === 0 && isPast(start, collectedWithin, now);
}

/** Ends what has lapsed, so that its place is free; what has not stays as it is. */
export function lapseMandate(state: Mandate, now: string): MandateDecision {
  if (state.status === 'none') return reject({ code: 'mandate_not_found' });
  if (!hasLapsed(state, now)) return repeated(state.revision);
  return accept({ type: 'MandateRevoked/1', data: { mandate: state.offered.mandate, by: 'lapse' } });
}

function isPast(start: string, seconds: bigint, now: string): boolean {
  return secondsAt(now) >= BigInt(start) + seconds;
}

function differing(
  { payer, ...data }: CollectData,
  wanted: Readonly<Record<'account' | 'token' | 'chainId' | 'contract' | 'payer', string>>,
): string | undefined {
  if (payer !== undefined && payer !== wanted.payer) return 'payer';
  return (['account', 'token', 'chainId', 'contract'] as const).find((field) => data[field] !== wanted[field]);
}
