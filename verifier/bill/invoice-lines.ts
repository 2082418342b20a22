import { amountText, parseAmount } from '../fold/amount.ts';
import type { Scales } from '../log/policy.ts';
import { isObject } from '../log/canonical-json.ts';
import type { BillLeaf, Fin } from './bill-leaf.ts';

export interface InvoiceLine {
  readonly product: string;
  readonly description: string;
  readonly count: string;
  readonly amount: string;
}

/** A line with the charges that it sums up. */
export interface SummedLine {
  readonly line: InvoiceLine;
  readonly charges: readonly Charge[];
}

/** A charge to an invoice. */
export interface Charge {
  readonly leaf: BillLeaf;
  readonly product: string;
  readonly description: string;
  /** At ledger scale. */
  readonly amount: bigint;
  /** Stream and revision of the price version, where the charge was rated. */
  readonly priceBook: string | undefined;
}

const linesMax = 500;

/** Events of an account that this verifier can read; another one may mean anything. */
const knownTypes = [
  ...['AccountOpened/1', 'ToppedUp/1', 'ChargePosted/1', 'TitlePurchased/1', 'PaymentReceived/1', 'EntryReversed/1', 'ChargesClosed/1'],
];

export function isKnownAccountEvent({ entry }: BillLeaf): boolean {
  return knownTypes.includes(entry.type);
}

export function isCharge({ entry }: BillLeaf): boolean {
  return ['ChargePosted/1', 'TitlePurchased/1'].includes(entry.type);
}

/** The charges of a closed range that go to the invoice: those that nothing in the range took back. Undefined for one that cannot be read. */
export function chargesIn(range: readonly BillLeaf[], scales: Scales): (Charge | undefined)[] {
  const reversals = reversalsIn(range);
  return range
    .filter((leaf) => !leaf.countsForNothing && isCharge(leaf) && leaf.fin?.['source'] === 'invoice')
    .filter(({ entry }) => !reversals.has(entry.revisionText))
    .map((leaf) => chargeOf(leaf, leaf.fin as Fin, scales));
}

/** What takes back, by the revision that it takes back. Other types may name a revision too: it means nothing. */
export function reversalsIn(leaves: readonly BillLeaf[]): ReadonlyMap<unknown, readonly BillLeaf[]> {
  const reversals = leaves.filter(({ entry, countsForNothing }) => entry.type === 'EntryReversed/1' && !countsForNothing);
  return Map.groupBy(reversals, ({ fin }) => (isObject(fin?.['reverses']) ? fin['reverses']['revision'] : undefined));
}

/** The finest lines of at most 500 that the charges come to: one a description, else one a product, else one. */
export function linesOfCharges(charges: readonly Charge[], scales: Scales): SummedLine[] {
  const namings: readonly ((charge: Charge) => readonly [string, string])[] = [
    ({ product, description }) => [product, description],
    ({ product }) => [product, product],
  ];
  for (const naming of namings) {
    const lines = linesNamed(charges, scales, naming);
    if (lines.length <= linesMax) return lines;
  }
  return linesNamed(charges, scales, () => ['various', 'various']);
}

function linesNamed(charges: readonly Charge[], scales: Scales, naming: (charge: Charge) => readonly [string, string]): SummedLine[] {
  const groups = Map.groupBy(charges, (charge) => naming(charge).join('\n'));
  return [...groups.values()].map((group) => {
    const [product, description] = naming(group[0] as Charge);
    const sum = group.reduce((total, { amount }) => total + amount, 0n);
    return { line: { product, description, count: String(group.length), amount: amountText(sum, scales) }, charges: group };
  });
}

function chargeOf(leaf: BillLeaf, fin: Fin, scales: Scales): Charge | undefined {
  const { product, amount, rating } = fin;
  const title = isObject(fin['title']) ? fin['title']['name'] : undefined;
  const description = leaf.entry.type === 'TitlePurchased/1' ? title : fin['description'];
  const units = typeof amount === 'string' ? parseAmount(amount, scales) : undefined;
  if (typeof product !== 'string' || typeof description !== 'string' || units === undefined) return undefined;
  const book = isObject(rating) && isObject(rating['priceBook']) ? rating['priceBook'] : undefined;
  const priceBook = book && `${String(book['stream'])}@${String(book['revision'])}`;
  return { leaf, product, description, amount: units, priceBook };
}
