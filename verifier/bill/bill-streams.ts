import { noPrevious } from '../log/stored-event.ts';
import type { BillChecks } from './bill-checks.ts';
import type { BillLeaf } from './bill-leaf.ts';

/** The leaves of a bundle by stream, each stream in order of revision. */
export type BillStreams = ReadonlyMap<string, readonly BillLeaf[]>;

/**
 * Sorts leaves into streams. An event whose id stands in an earlier one of these leaves counts for nothing, as in the log (finding
 * `duplicate-id`).
 */
export function billStreamsOf(leaves: readonly BillLeaf[], { V5 }: BillChecks): BillStreams {
  const ids = new Set<string>();
  const inOrder = leaves.toSorted((left, right) => left.index - right.index);
  const counted = inOrder.map((leaf): BillLeaf => {
    if (!ids.has(leaf.entry.id)) {
      ids.add(leaf.entry.id);
      return leaf;
    }
    V5.findings.add({ name: 'duplicate-id', index: leaf.index, message: `event id ${leaf.entry.id} stands in an earlier leaf already` });
    return { ...leaf, countsForNothing: true };
  });
  const streams = Map.groupBy(counted, ({ entry }) => entry.stream);
  return new Map(
    [...streams].map(([stream, some]) => [stream, some.toSorted((left, right) => left.entry.revision - right.entry.revision)]),
  );
}

/**
 * V5 for a stretch of a stream: revisions follow each other from `from` on, leaves stand in the same order, and each names the one before.
 * Answers whether nothing is missing.
 */
export function checkStretch({ V5 }: BillChecks, stream: string, leaves: readonly BillLeaf[], from: number): boolean {
  let isWhole = true;
  leaves.forEach(({ index, entry, hash, countsForNothing }, place) => {
    const before = leaves[place - 1];
    const expected = from + place;
    if (entry.revision !== expected) {
      if (isWhole) V5.unverifiable.add({ index, message: `revision ${expected} of ${stream} is not in the bundle` });
      isWhole = false;
      return;
    }
    const previous = before?.hash ?? (from === 0 ? noPrevious : undefined);
    const isAfter = before === undefined || index > before.index;
    if (isWhole && !isAfter) V5.invalid.add({ index, message: `revision ${expected} of ${stream} stands before revision ${expected - 1}` });
    if (!isWhole || countsForNothing || previous === undefined || entry.prev === previous) return;
    const message = `revision ${expected} of ${stream} does not name the leaf before it: something was left out`;
    V5.invalid.add({ index, message, evidence: { prev: entry.prev, before: previous, hash } });
  });
  return isWhole;
}
