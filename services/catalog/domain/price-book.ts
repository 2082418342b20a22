import { type Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { type Currency, isCurrency } from '../../money/currency.ts';
import { type Decimal, parseDecimal } from '../../money/decimal.ts';
import type { Rounding } from '../../money/rounding.ts';
import { type PriceBookEvent, priceBookEvents, type PriceBookPublished } from './catalog.events.ts';

/** What publishing needs to know: whether there is one already, and in which currency. */
export type PriceBook = { readonly status: 'none' } | { readonly status: 'published'; readonly currency: string };

export const priceBook: Aggregate<PriceBook, PriceBookEvent> = {
  initial: { status: 'none' },
  evolve: (_, { event }) => ({ status: 'published', currency: event.data.currency }),
  events: priceBookEvents,
};

export type PriceBookRejection =
  { readonly code: 'price_book_not_found' } | { readonly code: 'currency_mismatch'; readonly account: string; readonly given: string };

export interface PublishPriceBookData {
  /** `create` for a new book, `revise` for a new version of an existing one. */
  readonly intent: 'create' | 'revise';
  readonly published: PriceBookPublished;
}

export function publishPriceBook(
  book: PriceBook,
  { intent, published }: PublishPriceBookData,
): Decision<PriceBookEvent, PriceBookRejection> {
  if (intent === 'revise' && book.status === 'none') return reject({ code: 'price_book_not_found' });
  if (book.status === 'published' && book.currency !== published.currency) {
    return reject({ code: 'currency_mismatch', account: book.currency, given: published.currency });
  }
  return accept({ type: 'PriceBookPublished/1', data: published });
}

/** One published version, read for rating. Never changes: it is named by stream and revision in every charge that used it. */
export interface PriceVersion {
  readonly stream: string;
  readonly revision: bigint;
  readonly currency: Currency;
  readonly rounding: Rounding;
  readonly decimals: number;
  readonly bands: ReadonlyMap<string, PricedBand>;
}

export interface PricedBand {
  readonly product: string;
  readonly unit: string;
  readonly rate: Decimal;
}

export function priceVersionOf(stream: string, revision: bigint, published: PriceBookPublished): PriceVersion {
  const { currency, rounding, decimals, bands } = published;
  if (!isCurrency(currency)) throw new RangeError(`${currency} is not a currency.`);
  return {
    stream,
    revision,
    currency,
    rounding: rounding as Rounding,
    decimals: Number(decimals),
    bands: new Map(bands.map(({ band, product, unit, rate }) => [band, { product, unit, rate: decimalOf(rate) }])),
  };
}

function decimalOf(text: string): Decimal {
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new RangeError(`${text} is not a rate.`);
  return decimal;
}
