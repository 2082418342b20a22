import { Allowance } from './allowance.ts';
import type { CheckoutSlot } from './checkout-link.ts';
import { type CheckoutLimits, TooManyAsksFault } from './checkout-limits.ts';

/** What a question counts for, by how many calls to a node it makes at most. */
const costs = {
  /** What became of a transaction. */
  transaction: 1,
  /** What a wallet needs for a payment, tried out from there. */
  payment: 3,
  /** The same for prepaid credit, and first whether its holder has enough. */
  redemption: 4,
  /** A quote: the decimals of its token, what is left of the cap of credit, a signature, and an event that stays. */
  quote: 5,
  /** What took the place of a transaction, block by block. */
  search: 10,
} as const;
export type Ask = keyof typeof costs;

/** Counts, link by link, what is asked of nodes and of the signer on behalf of whoever holds it. */
export class CheckoutAsks {
  readonly #allowance: Allowance;

  constructor({ asksPerMinute }: Pick<CheckoutLimits, 'asksPerMinute'>, nowMs?: () => number) {
    this.#allowance = new Allowance(asksPerMinute, nowMs);
  }

  /** Throws `TooManyAsksFault` where the link has asked too much. */
  take(slot: CheckoutSlot, ask: Ask): void {
    const waitMs = this.#allowance.take(linkOf(slot), costs[ask]);
    if (waitMs > 0) throw new TooManyAsksFault('This checkout asked too often.', waitMs);
  }
}

/** One checkout among all. */
export function linkOf({ provider, seq }: CheckoutSlot): string {
  return `${provider} ${seq}`;
}
