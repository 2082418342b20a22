import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { type LedgerEvent, ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { leafOf, zeroHash } from '../../integrity/domain/leaf.ts';
import type { Aggregate, DomainEvent } from '../domain/aggregate.ts';
import { RememberedCommands } from './remembered-commands.ts';
import { snapshotEventsMin, type Snapshots } from './snapshots.ts';

/** An event that its aggregate cannot read. Nothing is decided over it: whatever it says, it may change the answer. */
export class UnreadableEventFault extends Error {
  override readonly name = 'UnreadableEventFault';
  readonly retryable = false;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;

  constructor({ stream, revision, type }: StoredEvent, why: string) {
    super(`Event ${revision} of stream ${stream} (${type}) ${why}. Nothing is decided over it.`);
    this.stream = stream;
    this.revision = revision;
    this.type = type;
  }
}

/** An aggregate as one process knows it: the fold of its stream, and what the next event must build upon. */
export interface LiveAggregate<State> {
  state: State;
  /** Of the last event; -1 for a stream without events. */
  revision: bigint;
  /** Leaf hash of the last event: `prev` of the next. */
  lastLeaf: string;
  /** Of the last event in the whole log; 0 for a stream without events. */
  lastPosition: bigint;
  readonly commands: RememberedCommands;
}

export function newAggregate<State>(initial: State): LiveAggregate<State> {
  return { state: initial, revision: -1n, lastLeaf: zeroHash, lastPosition: 0n, commands: new RememberedCommands() };
}

export interface AggregateSource<State, Event extends DomainEvent> {
  readonly store: EventStore;
  /** Absent: every stream is folded from its first event. */
  readonly snapshots: Snapshots | undefined;
  readonly aggregate: Aggregate<State, Event>;
  readonly stream: string;
  /** Of the log that an event at a position is a leaf of. */
  readonly originAt: (position: bigint) => Promise<string>;
}

/**
 * Folds a stream. A stream without events is a new aggregate. A short one is folded from its first event, and no snapshot is asked for; a
 * long one from its newest snapshot.
 */
export async function loadAggregate<State, Event extends DomainEvent>(
  source: AggregateSource<State, Event>,
): Promise<LiveAggregate<State>> {
  const { snapshots, aggregate, stream, originAt } = source;
  const begun = newAggregate(aggregate.initial);
  const { version } = aggregate;
  if (snapshots === undefined || version === undefined) return fold(source, begun);
  await fold(source, begun, Number(snapshotEventsMin));
  if (begun.revision + 1n < snapshotEventsMin) return begun;
  const restored = await snapshots.restore<State>({ stream, version }, originAt);
  return fold(source, restored !== undefined && restored.revision > begun.revision ? restored : begun);
}

/** Takes in what other processes have written since. False where that is nothing. */
export async function catchUp<State, Event extends DomainEvent>(
  source: AggregateSource<State, Event>,
  live: LiveAggregate<State>,
): Promise<boolean> {
  const { revision } = live;
  await fold(source, live);
  return live.revision > revision;
}

/** Takes in what comes after the events that are in already. */
async function fold<State, Event extends DomainEvent>(
  { store, aggregate, stream, originAt }: AggregateSource<State, Event>,
  live: LiveAggregate<State>,
  maxCount?: number,
): Promise<LiveAggregate<State>> {
  let last: StoredEvent | undefined;
  try {
    for await (const stored of store.readStream(stream, {
      fromRevision: live.revision + 1n,
      ...(maxCount !== undefined && { maxCount }),
    })) {
      advance(live, aggregate, stored);
      last = stored;
    }
  } catch (error) {
    if (!(error instanceof StreamNotFoundFault)) throw error;
  }
  if (last !== undefined) live.lastLeaf = leafOf(await originAt(last.position), last).hash;
  return live;
}

function advance<State, Event extends DomainEvent>(
  live: LiveAggregate<State>,
  aggregate: Aggregate<State, Event>,
  stored: StoredEvent,
): void {
  const { event, body } = knownEventOf(aggregate, stored);
  live.state = aggregate.evolve(live.state, { event, id: stored.id, revision: stored.revision });
  live.revision = stored.revision;
  live.lastPosition = stored.position;
  live.commands.note(body.command, body.fingerprint, stored.revision, stored.position);
}

/** The state that the events of a stream come to, for who only looks. Throws `UnreadableEventFault`. */
export async function stateFrom<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  events: AsyncIterable<StoredEvent>,
): Promise<State> {
  let state = aggregate.initial;
  for await (const stored of events) {
    const { event } = knownEventOf(aggregate, stored);
    state = aggregate.evolve(state, { event, id: stored.id, revision: stored.revision });
  }
  return state;
}

/** Reads a stored event as one of the aggregate's own, in its newest version. Throws `UnreadableEventFault` for any other. */
export function knownEventOf<State, Event extends DomainEvent>(
  { events }: Pick<Aggregate<State, Event>, 'events'>,
  stored: StoredEvent,
): { readonly event: Event; readonly body: LedgerEvent['body'] } {
  const decoded = ledgerEventOf(stored);
  if (decoded === undefined) throw new UnreadableEventFault(stored, 'is malformed: something wrote it behind the port');
  const event = events.read(decoded);
  if (event !== undefined) return { event, body: decoded.body };
  throw new UnreadableEventFault(
    stored,
    events.isNewer(stored.type) ? 'was written by a newer release: update this process' : 'is not one this stream can hold',
  );
}
