import { EventTypes } from '../../event-store/domain/event-types.ts';
import type { Posting } from '../../money/posting.ts';

/* Facts of prepaid credit beside what the chain shows of it. Amounts of the credit are units of its token, as decimal text. */

/** The provider has a token for prepaid credit on a chain. Stream `<slug>.creditToken-<chainId>`; the last one is sold. */
export type CreditTokenRecorded = {
  readonly chainId: string;
  /** Of the token. A factory makes one for a provider. */
  readonly contract: string;
  readonly currency: string;
  readonly decimals: string;
  /** Of the log that says so. */
  readonly tx: string;
};

/** An account has prepaid credit under an address. Stream `<slug>.creditHolder-<address>`; the first in a currency is who holds that. */
export type CreditHolderNamed = { readonly holder: string; readonly account: string };

/** What an account has of the credit under an address, more or less of it by one effect. */
export type CreditChange = {
  /** The last month in which it can be spent. */
  readonly epoch: string;
  /** Absent for what is nobody's: the ledger never ordered it. */
  readonly account?: string;
  /** Above zero for what it got, below for what it has no more. */
  readonly units: string;
};

/**
 * What an effect that is final did to the credit of each account under an address, which the contract does not tell apart. Stream
 * `<slug>.creditHolding-<chainId>.<contract>.<address>`, in the order of the chain.
 */
export type CreditMoved = {
  readonly chainId: string;
  readonly contract: string;
  readonly holder: string;
  /** Id of the effect. */
  readonly settlement: string;
  /** Of its log. */
  readonly name: 'CreditIssued' | 'CreditRedeemed' | 'CreditExpired' | 'CreditRefunded';
  /** Of what is taken back: the decision. */
  readonly refund?: string;
  readonly changes: readonly CreditChange[];
  /** Of what was final before the books knew accounts: from what was nobody's to whose it is. */
  readonly postings?: readonly Posting[];
  readonly effectiveAt: string;
};

/** That effect is not on the chain any more: what it had changed, the other way round. */
export type CreditMoveReversed = Omit<CreditMoved, 'effectiveAt' | 'refund'>;

export type CreditHoldingEvent =
  | { readonly type: 'CreditMoved/1'; readonly data: CreditMoved }
  | { readonly type: 'CreditMoveReversed/1'; readonly data: CreditMoveReversed };
export type CreditTokenEvent = { readonly type: 'CreditTokenRecorded/1'; readonly data: CreditTokenRecorded };
export type CreditHolderEvent = { readonly type: 'CreditHolderNamed/1'; readonly data: CreditHolderNamed };

export const creditTokenEvents = new EventTypes<CreditTokenEvent>({ 'CreditTokenRecorded/1': [] });
export const creditHolderEvents = new EventTypes<CreditHolderEvent>({ 'CreditHolderNamed/1': [] });
export const creditHoldingEvents = new EventTypes<CreditHoldingEvent>({ 'CreditMoved/1': [], 'CreditMoveReversed/1': [] });
