import { EventTypes } from '../../event-store/domain/event-types.ts';

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

export type CreditTokenEvent = { readonly type: 'CreditTokenRecorded/1'; readonly data: CreditTokenRecorded };
export type CreditHolderEvent = { readonly type: 'CreditHolderNamed/1'; readonly data: CreditHolderNamed };

export const creditTokenEvents = new EventTypes<CreditTokenEvent>({ 'CreditTokenRecorded/1': [] });
export const creditHolderEvents = new EventTypes<CreditHolderEvent>({ 'CreditHolderNamed/1': [] });
