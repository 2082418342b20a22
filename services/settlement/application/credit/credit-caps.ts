import type { KnownToken } from '../../domain/token-amount.ts';

/** How much prepaid credit may be given out. Nothing here is believed by the books. */
export interface CreditCaps {
  /** What is left of today's cap of a token of credit, in its units, by the chain's own day (UTC). Throws chain faults. */
  leftOf(chainId: string, token: KnownToken): Promise<bigint>;
}

export const CREDIT_CAPS = Symbol('CreditCaps');
