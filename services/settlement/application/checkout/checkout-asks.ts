import { Allowance } from './allowance.ts';
import type { CheckoutSlot } from './checkout-link.ts';
import { type CheckoutLimits, TooManyAsksFault } from './checkout-limits.ts';

interface Cost {
  /** By how many calls to a node it makes at most. */
  readonly units: number;
  /** What it is counted with. What is cheap to ask, or of use to nobody but who asks it, keeps no payment from anybody. */
  readonly among: 'lookups' | 'quotes' | 'payments' | 'relays' | 'redemptions' | 'wallets';
}

const costs = {
  /** What became of a transaction. */
  transaction: { units: 1, among: 'lookups' },
  /** What took the place of a transaction, block by block. */
  search: { units: 10, among: 'lookups' },
  /** A quote: the decimals of its token, what is left of the cap of credit, a signature, and an event that stays. Counted for each token. */
  quote: { units: 5, among: 'quotes' },
  /** What a wallet needs for a payment, tried out from there. */
  payment: { units: 3, among: 'payments' },
  /** A payment that was signed, tried out. */
  relay: { units: 3, among: 'relays' },
  /** What a wallet needs to pay with prepaid credit, and first whether its holder has enough. */
  redemption: { units: 4, among: 'redemptions' },
  /** A wallet signs in, or sees its mandates. */
  wallet: { units: 3, among: 'wallets' },
} as const satisfies Record<string, Cost>;
export type Ask = keyof typeof costs;

/** Counts, link by link and kind by kind, what is asked of nodes and of the signer on behalf of whoever holds it. */
export class CheckoutAsks {
  readonly #allowance: Allowance;

  constructor({ asksPerMinute }: Pick<CheckoutLimits, 'asksPerMinute'>, nowMs?: () => number) {
    this.#allowance = new Allowance(asksPerMinute, nowMs);
  }

  /** Throws `TooManyAsksFault` where the link has asked too much of this kind: `of` one token, where each has its own count. */
  take(slot: CheckoutSlot, ask: Ask, of = ''): void {
    const { units, among } = costs[ask];
    const waitMs = this.#allowance.take([linkOf(slot), among, of].join(' '), units);
    if (waitMs > 0) throw new TooManyAsksFault('This checkout asked too often.', waitMs);
  }
}

/** One checkout among all. */
export function linkOf({ provider, seq }: CheckoutSlot): string {
  return `${provider} ${seq}`;
}
