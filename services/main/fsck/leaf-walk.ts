import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { eventAt, eventsFrom } from '../../integrity/application/genesis.ts';
import type { LeafRow, LeafStore } from '../../integrity/application/leaf-store.ts';
import type { ProviderLog } from '../../integrity/application/provider-logs.ts';
import { leafHashOf, leafOf } from '../../integrity/domain/leaf.ts';
import { hashBytes } from '../../integrity/domain/tree/node-hash.ts';
import type { CapturedTree } from './captured-tree.ts';
import { placeOf } from './event-place.ts';
import type { Part } from './part.ts';

export interface LeafWalkOptions {
  readonly log: ProviderLog;
  readonly tree: Pick<CapturedTree, 'size' | 'position'>;
  readonly store: EventStore;
  readonly leaves: LeafStore;
  /** Told of the differences between events and leaf rows. */
  readonly part: Part;
}

/** Leaves that were walked, in order. */
export interface WalkedPage {
  readonly from: bigint;
  /**
   * 32 bytes a leaf. Of the row where it agrees with itself, else of the event: so a changed event is not taken for a changed tree, nor a
   * changed row.
   */
  readonly hashes: Buffer;
  readonly events: readonly StoredEvent[];
}

const leavesAtOnce = 1_024n;

/**
 * Walks events and leaf rows side by side, as far as the tree goes: each event of the log gives exactly the row at its place, and each row is
 * of an event. Then it counts the events that stand behind the edge: they are not leaves yet.
 */
export async function* walkLeaves(options: LeafWalkOptions): AsyncGenerator<WalkedPage> {
  const { log, tree, leaves, part } = options;
  const events = await EventCursor.open(options);
  try {
    for (let from = 0n; from < tree.size; from += leavesAtOnce) {
      const count = tree.size - from < leavesAtOnce ? tree.size - from : leavesAtOnce;
      const rows = await leaves.leaves(log.slug, from, Number(count));
      yield await pageOf(options, { from, count: Number(count), rows, events });
    }
    await countBehind(options, events);
  } finally {
    await events.close();
  }
  part.figures['leaves'] = tree.size;
}

interface PageToWalk {
  readonly from: bigint;
  readonly count: number;
  readonly rows: readonly LeafRow[];
  readonly events: EventCursor;
}

async function pageOf(options: LeafWalkOptions, { from, count, rows, events }: PageToWalk): Promise<WalkedPage> {
  const hashes = Buffer.alloc(count * hashBytes);
  const walked: StoredEvent[] = [];
  let next = 0;
  for (let place = 0; place < count; place++) {
    const index = from + BigInt(place);
    const row = rows[next]?.index === index ? rows[next++] : undefined;
    const event = row === undefined ? events.current : await eventOf(options, row, events);
    if (row === undefined) missingRow(options, index, event);
    const hash = hashOf(options, index, row, event);
    hash?.copy(hashes, place * hashBytes);
    if (event === undefined) continue;
    walked.push(event);
    await events.next();
  }
  return { from, hashes, events: walked };
}

/** The event of a row; undefined where the store holds none. Events that stand before it have no row. */
async function eventOf(options: LeafWalkOptions, row: LeafRow, events: EventCursor): Promise<StoredEvent | undefined> {
  const isOfRow = (event: StoredEvent) =>
    event.position === row.position || (event.stream === row.stream && event.revision === row.revision);
  while (events.current !== undefined && events.current.position < row.position && !isOfRow(events.current)) {
    eventWithoutLeaf(options, events.current);
    await events.next();
  }
  if (events.current !== undefined && isOfRow(events.current)) return events.current;
  if (!options.part.isDifferent) await rowWithoutEvent(options, row);
  return undefined;
}

async function countBehind({ tree, part, store }: LeafWalkOptions, events: EventCursor): Promise<void> {
  const { position: head } = await store.head();
  let behind = 0;
  for (; events.current !== undefined && events.current.position <= head; await events.next()) {
    if (events.current.position > tree.position) behind++;
    else eventWithoutLeaf({ tree, part }, events.current);
  }
  part.figures['events behind the tree'] = behind;
}

function missingRow({ log, part }: LeafWalkOptions, index: bigint, event: StoredEvent | undefined): void {
  const at = { table: 'integrity_leaf', key: `${log.slug}, ${index}`, leaf: `${index}`, ...(event && placeOf(event)) };
  part.differs({ message: 'a leaf row is missing', at, ...(event && { expected: leafOf(log.origin, event).entry }) });
}

function eventWithoutLeaf({ part, tree }: Pick<LeafWalkOptions, 'part' | 'tree'>, event: StoredEvent): void {
  const message = `an event has no leaf, and the tree goes up to position ${tree.position}`;
  part.differs({ message, at: { ...placeOf(event), type: event.type } });
}

/** Looks what stands there instead: an event that was moved to another provider's stream is still at its place. */
async function rowWithoutEvent({ part, store }: LeafWalkOptions, row: LeafRow): Promise<void> {
  const { index, position, stream, revision, eventId } = row;
  const event = await eventAt(store, position);
  const found = event === undefined ? 'no event' : `${event.type} ${event.id} at ${event.stream}@${event.revision}`;
  const at = { position: `${position}`, leaf: `${index}`, stream, revision: `${revision}`, event: eventId };
  part.differs({ message: 'the event of a leaf is missing in the event store', at, expected: row.entry, found });
}

function hashOf(
  { log, part }: LeafWalkOptions,
  index: bigint,
  row: LeafRow | undefined,
  event: StoredEvent | undefined,
): Buffer | undefined {
  const leaf = event && leafOf(log.origin, event);
  const leafHash = leaf && Buffer.from(leaf.hash, 'hex');
  if (row === undefined) return leafHash;
  if (leaf?.entry === row.entry && leafHash?.equals(row.hash) === true && event !== undefined && isAtPlace(row, event)) return row.hash;
  const isWhole = leafHashOf(row.entry) === row.hash.toString('hex');
  if (event === undefined || leaf === undefined) return row.hash;
  const at = { ...placeOf(event), leaf: `${index}` };
  if (isWhole && leaf.entry !== row.entry) {
    const fields = fieldsThatDiffer(row.entry, leaf.entry).join(', ');
    part.differs({ message: `the stored event is not the one of its leaf: ${fields} differs`, at, expected: row.entry, found: leaf.entry });
    return row.hash;
  }
  const columns = { store_position: row.position, stream: row.stream, revision: row.revision, event_id: row.eventId, entry: row.entry };
  const expected = {
    store_position: event.position,
    stream: event.stream,
    revision: event.revision,
    event_id: event.id,
    entry: leaf.entry,
  };
  const all = { ...columns, leaf_hash: row.hash.toString('hex') };
  const allExpected: Readonly<Record<string, string | bigint>> = { ...expected, leaf_hash: leaf.hash };
  const [column, found] = Object.entries(all).find(([name, value]) => value !== allExpected[name]) ?? ['', ''];
  part.differs({
    message: 'a leaf row is not the one of its event',
    at: { table: 'integrity_leaf', key: `${log.slug}, ${index}`, column, ...at },
    expected: `${allExpected[column]}`,
    found: `${found}`,
  });
  return isWhole ? row.hash : leafHash;
}

function isAtPlace(row: LeafRow, event: StoredEvent): boolean {
  return row.position === event.position && row.stream === event.stream && row.revision === event.revision && row.eventId === event.id;
}

/** In the words of the event: an entry commits to its data by `pay`, with a salt of the metadata, and to the rest of the metadata by `meta`. */
function fieldsThatDiffer(entry: string, other: string): readonly string[] {
  const [left, right] = [JSON.parse(entry), JSON.parse(other)] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(right).filter((name) => left[name] !== right[name]);
  return names.map((name) => ({ pay: 'data or its salt', meta: 'metadata' })[name] ?? name);
}

/** The events of a log from its genesis on, one at hand. */
class EventCursor {
  current: StoredEvent | undefined;
  readonly #events: AsyncIterator<StoredEvent>;

  private constructor(events: AsyncIterator<StoredEvent>) {
    this.#events = events;
  }

  static async open({ store, log }: LeafWalkOptions): Promise<EventCursor> {
    const cursor = new EventCursor(eventsFrom(store, log.slug, log.genesisPosition));
    await cursor.next();
    return cursor;
  }

  async next(): Promise<void> {
    const result = await this.#events.next();
    this.current = result.done === true ? undefined : result.value;
  }

  async close(): Promise<void> {
    await this.#events.return?.();
  }
}
