import { canonicalTextOf } from '../log/canonical-json.ts';
import type { Period } from './availability.ts';
import type { DueCredit } from './sla-credit.ts';
import type { AgreedTerms } from './terms-document.ts';

export interface Credited {
  readonly account: string;
  readonly stream: string;
  readonly terms: AgreedTerms;
  readonly cycle: Period;
  readonly outages: readonly { readonly revision: string }[];
  readonly credit: DueCredit;
}

/** Everything that the event has to hold, but for when it takes effect. */
export function textOfCredit({ account, stream, terms, cycle, outages, credit }: Credited): string {
  const { offer, price } = terms;
  const { currency } = price;
  const line = { amount: credit.amount, currency };
  return text({
    ...{ account, terms: placeOf(stream, terms), offer, cycle, outages: outages.map(({ revision }) => revision) },
    ...credit,
    currency,
    postings: [
      { account: `revenue:${offer}`, direction: 'debit', ...line },
      { account: `liability:wallet:${account}:sla`, direction: 'credit', ...line },
    ],
  });
}

/** Where terms stand in the log of which this is a stream. */
export function placeOf(stream: string, { hash }: AgreedTerms) {
  return { hash, stream: `${stream.slice(0, stream.indexOf('.'))}.terms-${hash}`, revision: '0' };
}

/** Canonical, to be compared and to be shown. */
export function text(value: unknown): string {
  return canonicalTextOf(value) ?? 'unreadable';
}
