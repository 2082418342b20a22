import type { HeldPurchase } from '../../domain/refund-claims.ts';

/** An event on chain, in one token: what one capture pays out. */
export interface EscrowedEvent {
  readonly chainId: string;
  readonly contract: string;
  readonly eventId: string;
  /** Address of the token; absent for all of them. */
  readonly token?: string;
}

/** Finds the purchases of an event. It only finds them: what each is worth stands in its own stream. A read model implements it. */
export interface EscrowPurchases {
  /** The slots whose purchase is final, and not paid back, by everything that is in the log when it is asked. */
  slotsOf(provider: string, event: EscrowedEvent): Promise<readonly string[]>;
  /** Every purchase that is final, paid back or not, by the same: for an event that is cancelled the answer does not change any more. */
  boughtIn(provider: string, event: Omit<EscrowedEvent, 'token'>): Promise<readonly HeldPurchase[]>;
}

/** Nest injection token of the port. */
export const ESCROW_PURCHASES = Symbol('EscrowPurchases');
