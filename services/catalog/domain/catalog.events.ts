import { EventTypes } from '../../event-store/domain/event-types.ts';

/** One priced band of usage. */
export type PriceBand = {
  readonly band: string;
  /** Revenue account and invoice line, for example `voice-day`. */
  readonly product: string;
  readonly unit: string;
  /** Price of one unit in major units, exact. */
  readonly rate: string;
};

/** A price version. Stream `<slug>.pricebook-<id>`; a later publication is a later revision, earlier charges keep theirs. */
export type PriceBookPublished = {
  readonly priceBook: string;
  readonly name: string;
  readonly currency: string;
  readonly rounding: string;
  /** Decimals of a rated charge, as decimal text. */
  readonly decimals: string;
  readonly bands: readonly PriceBand[];
};

/** A pay-per-view title. Stream `<slug>.title-<id>`. */
export type TitleListed = {
  readonly title: string;
  readonly name: string;
  readonly price: string;
  readonly currency: string;
  /** Buying is possible in [onSaleFrom, onSaleUntil). */
  readonly onSaleFrom: string;
  readonly onSaleUntil: string;
  /** Watching is possible in [startsAt - grace, endsAt). */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly graceMinutes: string;
};

/** The event does not take place: nobody buys it from here on, and whoever did gets the money back. Same stream, the last event. */
export type TitleCancelled = {
  readonly title: string;
  /** What buyers read; never personal data. */
  readonly reason: string;
};

export type PriceBookEvent = { readonly type: 'PriceBookPublished/1'; readonly data: PriceBookPublished };
export type TitleEvent =
  { readonly type: 'TitleListed/1'; readonly data: TitleListed } | { readonly type: 'TitleCancelled/1'; readonly data: TitleCancelled };

export const priceBookEvents = new EventTypes<PriceBookEvent>({ 'PriceBookPublished/1': [] });
export const titleEvents = new EventTypes<TitleEvent>({ 'TitleListed/1': [], 'TitleCancelled/1': [] });
