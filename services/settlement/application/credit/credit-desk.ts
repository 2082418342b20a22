import type { RedemptionOffered } from '../../domain/slot.events.ts';
import type { Need, Refusal, WalletTransaction, WalletTypedData } from '../checkout/payer-desk.ts';

/** How a holder spends credit: by a transaction of its own, or by a signature that we bring to the contract. */
export interface PreparedRedemption {
  readonly transaction: WalletTransaction;
  readonly sign: WalletTypedData;
  /** Of the signature: seconds since 1970. */
  readonly deadline: string;
  readonly needs: readonly Need[];
  /** What would happen now; absent when it would go through. */
  readonly refusal?: Refusal;
}

export interface SignedRedemption {
  readonly deadline: string;
  readonly signature: string;
}

/** What is looked up on a chain for a holder who is about to spend. Nothing here is believed by the books. Throws chain faults. */
export interface CreditDesk {
  /** The units that a holder has in the newest block. */
  held(of: Pick<RedemptionOffered, 'chainId' | 'contract' | 'holder'>): Promise<bigint>;
  prepare(offer: RedemptionOffered, now: string): Promise<PreparedRedemption>;
  /** What the contract would say to the signature; undefined when it would take it. */
  refusalOf(offer: RedemptionOffered, signed: SignedRedemption): Promise<Refusal | undefined>;
}

export const CREDIT_DESK = Symbol('CreditDesk');
