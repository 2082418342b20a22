import type { MatchedPayment } from '../../domain/settlement.events.ts';

/** Where a slot may have been paid. */
export interface SlotPlace {
  readonly chainId: string;
  readonly contract: string;
  readonly seq: string;
  /** Of prepaid credit that it may be paid with; absent for a payment in money. */
  readonly holder?: string;
}

/** The payment of a slot at one contract, as the ledger knows it. */
export interface SlotPayment {
  readonly chainId: string;
  readonly tx: string;
  readonly block: { readonly number: string; readonly hash: string; /** ISO text. */ readonly time: string };
  /**
   * `observed`: in a block. `confirmed`: as deep as the policy asks for. `finalized`: there for good, and booked. `reorged`: its block is
   * gone. `unmatched`: final, and under no quote that the ledger signed.
   */
  readonly standing: 'observed' | 'confirmed' | 'finalized' | 'reorged' | 'unmatched';
  /** What was paid, at which rate; undefined where no quote of ours was paid. */
  readonly paid?: Pick<MatchedPayment, 'token' | 'tokenAmount' | 'rate'>;
}

/** What the books say of the payment of a slot. */
export interface SlotPayments {
  /** What was written last; undefined where nothing was seen. A contract takes a slot once, so there is one at most. */
  at(provider: string, place: SlotPlace): Promise<SlotPayment | undefined>;
  /** The final block that ended the slot there without a payment; undefined where there is none. */
  cancellationAt(provider: string, place: SlotPlace): Promise<SlotPayment['block'] | undefined>;
}
