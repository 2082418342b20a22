import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import { FoldChanges, postingsIn } from '../domain/fold.ts';
import { leafOf } from '../domain/leaf.ts';
import { AnchoringAlarm } from './anchoring-alarm.ts';
import type { FoldStore } from './fold-store.ts';
import { partsOfKey } from './incarnations.ts';
import type { LeafRow, LeafStore } from './leaf-store.ts';

export interface FoldSources {
  readonly folds: Pick<FoldStore, 'firstLeaves'>;
  readonly leaves: LeafStore;
  readonly store: EventStore;
}

export interface LeavesToFold {
  /** The provider's slug, or the key of an earlier incarnation. */
  readonly log: string;
  readonly origin: string;
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
}

const batchSize = 2_000;

/**
 * Sums what the events of these leaves post. An event that breaks the format posts nothing, and neither does one whose id an earlier
 * leaf had. Each payload is held against its leaf, so the balances are those of the tree and of nothing else: throws `AnchoringAlarm` for
 * an event that is missing from the store or is another one there.
 */
export async function* foldLeaves(
  { folds, leaves, store }: FoldSources,
  { log, origin, from, to }: LeavesToFold,
): AsyncIterable<FoldChanges> {
  for (let index = from; index < to;) {
    const rows = await leaves.leaves(log, index, Number(to - index < batchSize ? to - index : batchSize));
    if (rows.length === 0) throw new RangeError(`The tree of ${log} has no leaf ${index}.`);
    const repeated = await repeatedIds(folds, log, rows);
    const changes = new FoldChanges();
    let place = 0;
    for await (const event of eventsOf(store, log, rows)) {
      const row = rows[place++] as LeafRow;
      const leaf = leafOf(origin, event);
      if (leaf.hash !== row.hash.toString('hex')) throw storeDiffers(log, row);
      if (!leaf.malformed && !repeated.has(row.index)) changes.post(row.index, postingsIn(event.data));
    }
    yield changes;
    index += BigInt(rows.length);
  }
}

/** The stored event of each row, in order. */
async function* eventsOf(store: EventStore, log: string, rows: readonly LeafRow[]): AsyncIterable<StoredEvent> {
  let place = 0;
  const fromPosition = rows[0]?.position ?? 0n;
  for await (const event of store.readAll({ fromPosition, filter: { streamPrefixes: [prefixOf(partsOfKey(log).slug)] } })) {
    const row = rows[place];
    if (row === undefined) return;
    if (event.position !== row.position) throw storeDiffers(log, row);
    place++;
    yield event;
    if (place === rows.length) return;
  }
  const row = rows[place];
  if (row !== undefined) throw storeDiffers(log, row);
}

/** Indexes of the leaves whose event id stands at a smaller index already. */
async function repeatedIds(folds: FoldSources['folds'], log: string, rows: readonly LeafRow[]): Promise<ReadonlySet<bigint>> {
  const firsts = await folds.firstLeaves(
    log,
    rows.map(({ eventId }) => eventId),
  );
  return new Set(rows.filter(({ eventId, index }) => (firsts.get(eventId) ?? index) < index).map(({ index }) => index));
}

function storeDiffers(log: string, { index, position }: LeafRow): AnchoringAlarm {
  return new AnchoringAlarm('store_differs', `Leaf ${index} of ${log} is not what the event store holds at position ${position}.`);
}
