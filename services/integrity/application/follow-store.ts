import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { leafOf } from '../domain/leaf.ts';
import { logOfGenesis } from './genesis.ts';
import type { LeafPlaces, PlacedTree } from './leaf-places.ts';

/** The store does not hold the log that the trees were made of. */
export class AnotherLogFault extends Error {
  override readonly name = 'AnotherLogFault';
  readonly retryable = false;
}

interface Walk {
  readonly tree: PlacedTree;
  /** Of the genesis; undefined before it was met. */
  origin: string | undefined;
  /** Leaves that were found in the store. */
  found: bigint;
  events: StoredEvent[];
}

const eventsAtOnce = 1000;

/**
 * Lets all trees go on from another store that holds the same log: a leaf keeps its bytes and gets the position that its event has there. Every
 * leaf is computed again from the store, so the roots stay what they are; signed heads are not touched. Answers the trees that were moved.
 * Throws `AnotherLogFault` at the first difference; then the caller's transaction must be rolled back.
 */
export async function followStore(store: EventStore, places: LeafPlaces): Promise<readonly PlacedTree[]> {
  const { storeId } = await store.head();
  const trees = (await places.trees()).filter((tree) => tree.storeId !== storeId && tree.size > 0n);
  const walks = new Map(trees.map((tree): [string, Walk] => [tree.log, { tree, origin: undefined, found: 0n, events: [] }]));
  if (walks.size > 0) {
    for await (const event of store.readAll()) await walkOn(walks.get(slugOf(event)), event, places, storeId);
  }
  const short = [...walks.values()].find(({ tree, found }) => found < tree.size);
  if (short !== undefined) {
    const { tree, found, events } = short;
    throw new AnotherLogFault(
      `The event store holds ${found + BigInt(events.length)} of the ${tree.size} leaves of ${tree.log}: it is another log, or an older copy. Nothing was changed.`,
    );
  }
  return trees;
}

async function walkOn(walk: Walk | undefined, event: StoredEvent, places: LeafPlaces, storeId: string): Promise<void> {
  if (walk === undefined || walk.found === walk.tree.size) return;
  walk.origin ??= logOfGenesis(event)?.origin;
  if (walk.origin === undefined) return; // What stands before the genesis is no leaf.
  const { tree, events } = walk;
  events.push(event);
  const isWhole = walk.found + BigInt(events.length) === tree.size;
  if (events.length < eventsAtOnce && !isWhole) return;
  await move(walk, walk.origin, places);
  if (isWhole) await places.follow(tree.log, { storeId, position: event.position });
}

async function move(walk: Walk, origin: string, places: LeafPlaces): Promise<void> {
  const { tree, found, events } = walk;
  const hashes = await places.hashes(tree.log, found, events.length);
  events.forEach((event, place) => {
    if (hashes[place]?.toString('hex') === leafOf(origin, event).hash) return;
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
