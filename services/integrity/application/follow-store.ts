import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { leafOf } from '../domain/leaf.ts';
import { incarnationAt, incarnationsOf } from './incarnations.ts';
import type { LeafPlaces, PlacedTree } from './leaf-places.ts';
import type { ProviderLog, ProviderLogs } from './provider-logs.ts';

/** The store does not hold the log that the trees were made of. */
export class AnotherLogFault extends Error {
  override readonly name = 'AnotherLogFault';
  readonly retryable = false;
}

interface Walk {
  readonly tree: PlacedTree;
  readonly log: ProviderLog;
  /** Leaves that the store has to hold: of a log that another one goes on with, those that it goes on with. */
  readonly size: bigint;
  /** Leaves that were found in the store. */
  found: bigint;
  events: StoredEvent[];
}

const eventsAtOnce = 1000;

/**
 * Lets all trees go on from another store that holds the same logs: a leaf keeps its bytes and gets the position that its event has there. Every
 * leaf is computed again from the store, so the roots stay what they are; signed heads are not touched. Answers the trees that were moved.
 * Throws `AnotherLogFault` at the first difference; then the caller's transaction must be rolled back.
 */
export async function followStore(store: EventStore, logs: Pick<ProviderLogs, 'find'>, places: LeafPlaces): Promise<readonly PlacedTree[]> {
  const { storeId } = await store.head();
  const trees = (await places.trees()).filter((tree) => tree.storeId !== storeId && tree.size > 0n);
  const walks = new Map<string, Walk>();
  for (const tree of trees) {
    const log = await logs.find(tree.log);
    if (log === undefined) throw shortOf(tree, 0n);
    walks.set(log.origin, { tree, log, size: await sizeOf(tree, log, logs), found: 0n, events: [] });
  }
  const newest = new Map<string, ProviderLog | undefined>();
  for (const { slug } of [...walks.values()].map(({ log }) => log)) newest.set(slug, await logs.find(slug));
  if (walks.size > 0) {
    for await (const event of store.readAll()) {
      const log = newest.get(slugOf(event));
      const incarnation = log && incarnationAt(log, event.position);
      // What stands before the genesis is no leaf.
      if (incarnation !== undefined && event.position >= incarnation.genesisPosition)
        await walkOn(walks.get(incarnation.origin), event, places, storeId);
    }
  }
  const short = [...walks.values()].find(({ size, found }) => found < size);
  if (short !== undefined) throw shortOf(short.tree, short.found + BigInt(short.events.length));
  return trees;
}

/** Behind what the next incarnation goes on with, leaves are lost. */
async function sizeOf(tree: PlacedTree, log: ProviderLog, logs: Pick<ProviderLogs, 'find'>): Promise<bigint> {
  const newest = await logs.find(log.slug);
  const next = newest && incarnationsOf(newest).find(({ superseded }) => superseded?.origin === log.origin);
  const kept = BigInt(next?.policy.supersedes?.size ?? tree.size);
  return kept < tree.size ? kept : tree.size;
}

function shortOf({ log, size }: PlacedTree, found: bigint): AnotherLogFault {
  return new AnotherLogFault(
    `The event store holds ${found} of the ${size} leaves of ${log}: it is another log, or an older copy. Nothing was changed.`,
  );
}

async function walkOn(walk: Walk | undefined, event: StoredEvent, places: LeafPlaces, storeId: string): Promise<void> {
  if (walk === undefined || walk.found === walk.size) return;
  const { tree, size, events } = walk;
  events.push(event);
  const isWhole = walk.found + BigInt(events.length) === size;
  if (events.length < eventsAtOnce && !isWhole) return;
  await move(walk, places);
  if (isWhole) await places.follow(tree.log, { storeId, position: event.position });
}

async function move(walk: Walk, places: LeafPlaces): Promise<void> {
  const { tree, log, found, events } = walk;
  const hashes = await places.hashes(tree.log, found, events.length);
  events.forEach((event, place) => {
    if (hashes[place]?.toString('hex') === leafOf(log.origin, event).hash) return;
    throw new AnotherLogFault(
      `Leaf ${found + BigInt(place)} of ${tree.log} is not ${event.type} at ${event.stream}@${event.revision}, which the event store holds there: ` +
        'it is another log. Nothing was changed.',
    );
  });
  await places.move(
    tree.log,
    events.map(({ position }, place) => ({ index: found + BigInt(place), position })),
  );
  walk.found += BigInt(events.length);
  walk.events = [];
}

function slugOf({ stream }: StoredEvent): string {
  return stream.slice(0, stream.indexOf('.'));
}
