import { EventTypes } from '../../event-store/domain/event-types.ts';

/** The provider's number on every chain. Stream `<slug>.settlementProvider-main`, always revision 0. */
export type SettlementProviderNamed = {
  /** uint64 as decimal text. */
  readonly providerId: string;
};

/** Who the payer is told that it pays. Stream `<slug>.settlementProvider-main`; the last one counts. */
export type SettlementProfileSet = {
  readonly legalName: string;
  /** What is agreed to where a checkout names no terms; `noTerms` when there are none. */
  readonly termsHash: string;
  /** What the provider's own books are kept in, once and for ever; `EUR` where it never said. */
  readonly bookCurrency?: string;
};

/** A pay-per-view title has an event on chain. Stream `<slug>.ppvEvent-<title>`; a title that moves gets a new one. */
export type PpvEventMapped = {
  readonly title: string;
  /** uint64 as decimal text. */
  readonly eventId: string;
  /** Seconds since 1970: the provider may take the money from the first on and before the second. */
  readonly captureAfter: string;
  readonly reclaimAfter: string;
};

/** What the provider asks for a token. Stream `<slug>.rate-<base>.<currency>`; the last one counts. */
export type RateSet = {
  /** Currency code of the token, for example `ETH`. */
  readonly base: string;
  readonly currency: string;
  /** One whole token in the currency, exact. */
  readonly rate: string;
  readonly source: string;
  readonly at: string;
  readonly spreadBps: string;
  /** How long after `at` it may be used. */
  readonly ageSecondsMax: string;
  /** How long a quote by it is good. */
  readonly quoteSeconds: string;
};

export type SettlementProviderEvent =
  | { readonly type: 'SettlementProviderNamed/1'; readonly data: SettlementProviderNamed }
  | { readonly type: 'SettlementProfileSet/1'; readonly data: SettlementProfileSet };
export type PpvEvent = { readonly type: 'PpvEventMapped/1'; readonly data: PpvEventMapped };
export type RateEvent = { readonly type: 'RateSet/1'; readonly data: RateSet };

export const settlementProviderEvents = new EventTypes<SettlementProviderEvent>({
  'SettlementProviderNamed/1': [],
  'SettlementProfileSet/1': [],
});
export const ppvEvents = new EventTypes<PpvEvent>({ 'PpvEventMapped/1': [] });
export const rateEvents = new EventTypes<RateEvent>({ 'RateSet/1': [] });
