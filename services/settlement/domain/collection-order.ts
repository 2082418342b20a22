/** What became of a mandate so far, seen from an invoice that is to be collected. */
export interface CollectionRecord {
  /** Something was collected under it, and the chain has it. */
  readonly hasCollected: boolean;
  /** It was set up on the page of a checkout, by whoever has the link. */
  readonly isByPayer: boolean;
  /** A collection of this invoice was decided, and what comes of it is not known yet. */
  readonly isUnderWay: boolean;
  /** Where in the log the last collection of this invoice came to nothing; undefined where none did. */
  readonly failedAt: bigint | undefined;
}

/**
 * Which mandate of an account is tried first, of those that are given in the order in which they were offered. Anybody who was sent a link of the
 * account may have agreed to one, with a wallet that holds nothing: so what has been collected from before is tried first, then what the provider or
 * its customer asked for, then what was set up at a link, each the oldest first; and behind them what failed for this invoice, the failure that is
 * longest ago first. Each gets its turn, and none is ahead of the others by being new. While something is under way nothing else is tried.
 */
export function inOrderToCollect<Each extends { readonly record: CollectionRecord }>(mandates: readonly Each[]): readonly Each[] {
  const underWay = mandates.filter(({ record }) => record.isUnderWay);
  return underWay.length > 0 ? underWay : mandates.toSorted((one, other) => compare(one.record, other.record));
}

function compare(one: CollectionRecord, other: CollectionRecord): number {
  const [failed, otherFailed] = [one.failedAt ?? -1n, other.failedAt ?? -1n];
  if (failed !== otherFailed) return failed < otherFailed ? -1 : 1;
  return standing(other) - standing(one);
}

function standing({ hasCollected, isByPayer }: CollectionRecord): number {
  return hasCollected ? 2 : Number(!isByPayer);
}
