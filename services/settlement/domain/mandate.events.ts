import { EventTypes } from '../../event-store/domain/event-types.ts';
import type { MandateTerms } from './mandate-terms.ts';

/*
 * Facts of a mandate, stream `<slug>.mandate-<id>`; its id is its digest on chain. What was collected is told by the watcher, as of any payment;
 * here stands what was decided to be collected, so that its caps hold before anything is sent.
 */

/** The terms that a payer is asked to sign. They are in the log before anybody is shown them. */
export type MandateOffered = {
  readonly mandate: string;
  readonly account: string;
  readonly chainId: string;
  readonly contract: string;
  readonly terms: MandateTerms;
  /** The token's place in the money table. */
  readonly tokenCurrency: string;
  /** `accountRef` is the hash of the account's id under this salt. */
  readonly accountSalt: string;
  /** Set up on the page of a checkout, where whoever has the link signs in; absent where the provider or its customer asked for it. */
  readonly byPayer?: true;
};

/** The payer agreed. */
export type MandateSigned = {
  readonly mandate: string;
  /** 0x and hex; `0x` where the payer approved on chain instead of signing. */
  readonly signature: string;
};

/** A slot is to be collected. What it takes counts against the caps from here on. */
export type CollectionDecided = {
  readonly mandate: string;
  readonly account: string;
  readonly slot: string;
  readonly invoice: string;
  readonly invoiceRef: string;
  readonly amount: string;
  readonly currency: string;
  readonly tokenUnits: string;
  /** Counted from 0. */
  readonly period: string;
  /** Seconds since 1970: when the rate stops being good. */
  readonly deadline: string;
  /** The payer asked for it on the page of a checkout, or for the mandate, and nothing was collected under that yet: its gas has a limit. */
  readonly byPayer?: true;
};

/** Nothing was collected for the slot: it does not count any more. */
export type CollectionReleased = {
  readonly mandate: string;
  readonly slot: string;
  /** Revision of the decision. */ readonly decided: string;
};

/** The mandate is over, for good. */
export type MandateRevoked = {
  readonly mandate: string;
  /**
   * `payer`: by a signature that is brought to the contract. `chain`: the contract says so already. `lapse`: it was set up at a link, and nobody agreed to it
   * in time, or nothing was ever collected under it; the contract is not told.
   */
  readonly by: 'payer' | 'chain' | 'lapse';
  /** Of the payer, over `Revoke(mandate)`; absent where the contract knows. */
  readonly signature?: string;
};

export type MandateEvent =
  | { readonly type: 'MandateOffered/1'; readonly data: MandateOffered }
  | { readonly type: 'MandateSigned/1'; readonly data: MandateSigned }
  | { readonly type: 'CollectionDecided/1'; readonly data: CollectionDecided }
  | { readonly type: 'CollectionReleased/1'; readonly data: CollectionReleased }
  | { readonly type: 'MandateRevoked/1'; readonly data: MandateRevoked };

export const mandateEvents = new EventTypes<MandateEvent>({
  'MandateOffered/1': [],
  'MandateSigned/1': [],
  'CollectionDecided/1': [],
  'CollectionReleased/1': [],
  'MandateRevoked/1': [],
});
