import type { DispatchFailure, DispatchTarget, RefundClaimOrdered } from './dispatch.events.ts';

/** A purchase that the escrow held for an event. */
export interface HeldPurchase {
  readonly slot: string;
  /** Address. */
  readonly token: string;
}

/** One transaction pays back so many: about a million gas for wallets that are keys, four where each is a contract that takes all it may. */
const slotsAtOnceMax = 50;

/**
 * What has to be sent so that everybody who bought for a cancelled event has the money back. It follows from the purchases alone, whose number
 * cannot grow any more: so whoever computes it again comes to the same orders.
 */
export function refundClaims(event: DispatchTarget & { readonly eventId: string }, bought: readonly HeldPurchase[]): RefundClaimOrdered[] {
  const claims: RefundClaimOrdered[] = [];
  for (const [token, purchases] of Map.groupBy(bought, (purchase) => purchase.token)) {
    const slots = purchases.map(({ slot }) => slot).sort((left, right) => (BigInt(left) < BigInt(right) ? -1 : 1));
    for (let first = 0; first < slots.length; first += slotsAtOnceMax)
      claims.push({ ...event, token, slots: slots.slice(first, first + slotsAtOnceMax) });
  }
  return claims;
}

/** Whether a claim failed since somebody of it was paid in another way meanwhile: the rest of it is sent again, without that one. */
export function isOvertaken(failure: DispatchFailure): boolean {
  return failure.code === 'reverted' && failure.error.startsWith('PpvEscrowNothingToRefund(');
}

/** Whether the chain's clock is behind ours: the contract pays nobody back yet, and soon will. */
export function isTooEarly(failure: DispatchFailure): boolean {
  return failure.code === 'reverted' && failure.error.startsWith('PpvEscrowTooEarly(');
}
