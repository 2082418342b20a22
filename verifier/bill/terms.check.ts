import { isObject } from '../log/canonical-json.ts';
import type { CheckResult } from '../verdict.ts';
import type { BillLeaf, Fin } from './bill-leaf.ts';
import type { BillPostings } from './bill-postings.ts';
import type { BillStreams } from './bill-streams.ts';
import { isCharge } from './invoice-lines.ts';
import { type RatedAmount, rateCharge } from './rate-charge.ts';
import { chargesTakenBack } from './taken-back.ts';
import { SlaBook } from '../terms/sla-book.ts';
import type { AgreedTerms } from '../terms/terms-document.ts';
import type { CountedUsage } from './usage-file.ts';

/** A bill computed once more from terms and usage. */
export interface TermsOutcome {
  /** `ok`: the same bill. `invalid`: another one. `unverifiable`: what it would be computed from is not all there. */
  readonly result: Extract<CheckResult, 'ok' | 'invalid' | 'unverifiable'>;
  readonly terms: readonly Pick<AgreedTerms, 'hash' | 'offer' | 'version'>[];
  /** Charges that were computed again, the rated ones and those at the price of an offer. */
  readonly rated: number;
  readonly priced: number;
  /** Credits for outages that were computed again; none where the account's events are not all in the bundle. */
  readonly credits: number;
  /** Charges that were not computed again: they were taken back before anybody was billed for them. */
  readonly takenBack: readonly string[];
  /** In the order of the bill; the first one is where the bill begins to be another. */
  readonly differences: readonly string[];
  readonly missing: readonly string[];
}

export interface TermsSubject {
  /** `<slug>.`, as every stream of the log begins. */
  readonly prefix: string;
  readonly account: string;
  readonly terms: readonly AgreedTerms[];
  /** Absent: what the charges say was used. */
  readonly usage: ReadonlyMap<string, CountedUsage> | undefined;
  readonly streams: BillStreams;
  readonly postings: BillPostings;
}

/**
 * Holds every charge of the bundle that was not taken back against the terms: what was rated must be rated by a price version that terms name,
 * and come to the same from that version and the usage; what was not rated must be an offer at the price that its terms say. Of a whole account
 * every outage must have the credit that the terms give, and no other is given. That lines and total are the sums of the charges is V9.
 */
export function checkTerms(subject: TermsSubject): TermsOutcome {
  const differences: string[] = [];
  const missing: string[] = [];
  let [rated, priced] = [0, 0];
  const { account, prefix, terms, usage, streams, postings } = subject;
  for (const { provider, offer } of terms)
    if (`${provider}.` !== prefix) differences.push(`the terms of ${offer} are those of ${provider}, and the bill is not`);
  const own = (streams.get(`${prefix}account-${account}`) ?? []).filter(({ countsForNothing }) => !countsForNothing);
  const reversed = chargesTakenBack(account, own, postings);
  const takenBack: string[] = [];
  const [charged, uncharged] = [new Set<string>(), new Set<unknown>()];
  for (const leaf of own.filter(isCharge)) {
    const { fin } = leaf;
    if (fin === undefined) {
      missing.push(`${nameOf(leaf)} is not readable`);
      continue;
    }
    if (reversed.has(leaf)) {
      takenBack.push(nameOf(leaf));
      uncharged.add(fin['usageRecord']);
      continue;
    }
    const isRated = isObject(fin['rating']);
    const found = isRated ? ratedAgain(subject, fin, fin['rating'] as Fin, charged) : pricedAgain(terms, fin);
    if (isRated) rated += 1;
    else priced += 1;
    if (found?.difference !== undefined) differences.push(`${nameOf(leaf)}: ${found.difference}`);
    if (found?.missing !== undefined) missing.push(`${nameOf(leaf)}: ${found.missing}`);
  }
  for (const record of usage?.keys() ?? [])
    if (!charged.has(record) && !uncharged.has(record)) differences.push(`usage record ${record} was not charged`);
  const credits = checkCredits(subject, { differences, missing });
  const result = differences.length > 0 ? 'invalid' : missing.length > 0 ? 'unverifiable' : 'ok';
  const named = terms.map(({ hash, offer, version }) => ({ hash, offer, version }));
  return { result, terms: named, rated, priced, credits, takenBack, differences, missing };
}

const creditTypes: readonly string[] = ['OutageRecorded/1', 'SlaCredited/1'];

/** Answers how many there are. */
function checkCredits(
  { account, prefix, terms, streams, postings }: TermsSubject,
  { differences, missing }: { readonly differences: string[]; readonly missing: string[] },
): number {
  const leaves = streams.get(`${prefix}account-${account}`) ?? [];
  if (leaves.some(({ entry }, place) => entry.revision !== place)) {
    for (const leaf of leaves.filter(({ entry }) => creditTypes.includes(entry.type)))
      missing.push(`${nameOf(leaf)}: not all events of the account are in the bundle, which credits for outages are computed from`);
    return 0;
  }
  const book = new SlaBook({ isLog: false });
  for (const each of terms) book.agree(each);
  let credits = 0;
  for (const leaf of leaves.filter(({ countsForNothing }) => !countsForNothing)) {
    const { entry, fin } = leaf;
    const { stream, revisionText: revision, type } = entry;
    if (type === 'SlaCredited/1') credits += 1;
    for (const { kind, message } of book.next({ stream, revision, type, fin }, (currency) => postings.currencies.get(currency)))
      (kind === 'wrong' ? differences : missing).push(`${nameOf(leaf)}: ${message}`);
  }
  // The outage is the last event here; its credit may stand just behind the head of the bundle.
  for (const { amount, revision } of book.state().awaited.values())
    missing.push(`the terms give ${amount} for the outage at revision ${revision}, and the bundle ends there`);
  return credits;
}

type Found = { readonly difference: string; readonly missing?: never } | { readonly missing: string; readonly difference?: never };

/** Adds the usage record to those that were charged. */
function ratedAgain({ terms, usage, streams, postings }: TermsSubject, fin: Fin, rating: Fin, charged: Set<string>): Found | undefined {
  const { usageRecord } = fin;
  const book = isObject(rating['priceBook']) ? rating['priceBook'] : {};
  const place = `${String(book['stream'])}@${String(book['revision'])}`;
  if (!terms.some(({ priceBooks }) => priceBooks.includes(place))) return { difference: `rated by ${place}, which no terms name` };
  if (typeof usageRecord === 'string') {
    if (charged.has(usageRecord)) return { difference: 'the usage record was charged before' };
    charged.add(usageRecord);
  }
  const counted = usage?.get(String(usageRecord));
  if (usage !== undefined && counted === undefined) return { difference: 'the usage does not have this record' };
  const version = (streams.get(String(book['stream'])) ?? []).find(({ entry }) => entry.revisionText === book['revision']);
  if (version?.fin === undefined || version.entry.type !== 'PriceBookPublished/1' || version.countsForNothing)
    return { missing: `price version ${place} is not in the bundle` };
  const scalesOf = (currency: string) => postings.currencies.get(currency);
  const again = rateCharge(version.fin, counted ?? { band: rating['band'], quantity: rating['quantity'] }, scalesOf);
  if (again === undefined) return { difference: `price version ${place} has no price for it` };
  return differenceOf(fin, again);
}

/** An offer of which several versions are given may be charged at the price of any. */
function pricedAgain(terms: readonly AgreedTerms[], fin: Fin): Found | undefined {
  const product = String(fin['product']);
  const offers = terms.filter(({ offer, price }) => offer === product && price.cycle !== 'usage');
  const [first] = offers;
  if (first === undefined) return { difference: `no terms say a price for ${product}` };
  const differences = offers.map(({ price }) => differenceOf(fin, { ...price, product }));
  return differences.includes(undefined) ? undefined : differences.at(-1);
}

function differenceOf(fin: Fin, { amount, currency, product }: RatedAmount): Found | undefined {
  const said = `${String(fin['amount'])} ${String(fin['currency'])} for ${String(fin['product'])}`;
  const again = `${amount} ${currency} for ${product}`;
  return said === again ? undefined : { difference: `charged ${said}, the terms come to ${again}` };
}

function nameOf({ index, entry, fin }: BillLeaf): string {
  const record = fin?.['usageRecord'];
  return `leaf ${index}, revision ${entry.revisionText}${typeof record === 'string' ? `, usage record ${record}` : ''}`;
}
