import { belongsTo } from './bill-balances.check.ts';
import type { BillLeaf } from './bill-leaf.ts';
import type { BillPostings } from './bill-postings.ts';
import { isCharge, reversalsIn } from './invoice-lines.ts';

/**
 * Of an account's events in their order, the charges that were taken back before anybody was billed for them. Of charges to an invoice that
 * was closed these are the ones that V9 leaves off it, and no others. No invoice shows anything of a charge to the wallet, or of one that
 * waits for its closing: it was taken back if the reversal gave the account what the charge took.
 */
export function chargesTakenBack(account: string, own: readonly BillLeaf[], postings: BillPostings): ReadonlySet<BillLeaf> {
  const closedTo = own.findLast(isClosing)?.entry.revision ?? 0;
  const reversals = reversalsIn(own);
  const isGivenBack = (leaf: BillLeaf) =>
    (reversals.get(leaf.entry.revisionText) ?? []).some((reversal) => isNothing(account, [leaf, reversal], postings));
  return new Set(
    rangesOf(own).flatMap((range) => {
      const inRange = reversalsIn(range);
      return range.filter(isCharge).filter((leaf) => {
        const isInvoiced = leaf.fin?.['source'] === 'invoice' && leaf.entry.revision < closedTo;
        return isInvoiced ? inRange.has(leaf.entry.revisionText) : isGivenBack(leaf);
      });
    }),
  );
}

/**
 * The events, cut wherever a closing stands and wherever one says that its charges begin. Honest closings begin where the one before stands.
 * Whatever others say, no part reaches over the ends of what V9 takes for the range of an invoice.
 */
function rangesOf(own: readonly BillLeaf[]): BillLeaf[][] {
  const cuts = new Set(own.filter(isClosing).flatMap(({ entry, fin }) => [entry.revisionText, fin?.['fromRevision']]));
  const ranges: BillLeaf[][] = [];
  for (const leaf of own) {
    const range = ranges.at(-1);
    if (range === undefined || cuts.has(leaf.entry.revisionText)) ranges.push([leaf]);
    else range.push(leaf);
  }
  return ranges;
}

function isClosing({ entry }: BillLeaf): boolean {
  return entry.type === 'ChargesClosed/1';
}

/** Do these events together leave every place of the account as it was? */
function isNothing(account: string, leaves: readonly BillLeaf[], postings: BillPostings): boolean {
  const sums = new Map<string, bigint>();
  for (const posting of leaves.flatMap((leaf) => postings.of(leaf))) {
    const key = `${posting.account} ${posting.currency}`;
    if (belongsTo(account, posting.account)) sums.set(key, (sums.get(key) ?? 0n) + posting.amount);
  }
  return [...sums.values()].every((sum) => sum === 0n);
}
