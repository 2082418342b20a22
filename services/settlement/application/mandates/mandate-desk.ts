import type { MandateTerms } from '../../domain/mandate-terms.ts';
import type { ContractPlace } from '../../domain/quote.ts';

/** A call that a payer's wallet sends itself. */
export interface MandateCall {
  readonly to: string;
  /** 0x-hex. */
  readonly data: string;
}

/** What the contract has counted under a mandate. */
export interface MandateOnChain {
  readonly isApproved: boolean;
  readonly isRevoked: boolean;
}

/** Mandates as their chain has them, on the newest block: whoever is told too much is refused by the contract later. Throws chain faults. */
export interface MandateDesk {
  /**
   * Whether the payer is a contract that takes a signature over the digest for its own (ERC-1271), within a ceiling of gas. A contract that
   * reverts, burns its gas or answers anything else has not signed; neither has an account without code.
   */
  isSignedByContract(
    place: ContractPlace,
    by: { readonly payer: string; readonly digest: string; readonly signature: string },
  ): Promise<boolean>;
  /** The most that a transaction would offer for a unit of gas now, in wei. */
  feePerGasOn(chainId: string): Promise<bigint>;
  stateOf(place: ContractPlace, mandate: string): Promise<MandateOnChain>;
  /** In units of the token: what was collected under it, and what its payer allows the contract, over all mandates. */
  usageOf(
    place: ContractPlace,
    of: { readonly mandate: string; readonly terms: MandateTerms },
  ): Promise<{ readonly collected: bigint; readonly allowed: bigint }>;
  /** Lets the contract collect this much of the token, in this order: one that holds an older allowance may want it at zero first. */
  allowanceOf(place: ContractPlace, token: string, units: { readonly allowed: bigint; readonly toAllow: bigint }): readonly MandateCall[];
  /** For wallets that send rather than sign. `approve` is for the payer; `revoke` works at any time, also while payments are paused. */
  callsOf(place: ContractPlace, terms: MandateTerms): { readonly approve: MandateCall; readonly revoke: MandateCall };
}

/** Nest injection token of the port. */
export const MANDATE_DESK = Symbol('MandateDesk');
