import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { leafOf } from '../../integrity/domain/leaf.ts';
import type { LiveAggregate } from './live-aggregate.ts';
import { aggregateOf, bodyOf, digestOf } from './snapshot-body.ts';
import type { Snapshot, SnapshotStore } from './snapshot-store.ts';

export interface SnapshotsOptions {
  readonly snapshots: SnapshotStore;
  readonly events: EventStore;
  /** Told why a snapshot was not read or not written. It costs speed and nothing else. */
  readonly onFailure: (stream: string, error: unknown) => void;
}

/** A stream whose aggregate may have a snapshot. */
export interface SnapshotKey {
  readonly stream: string;
  readonly version: number;
}

/** A stream shorter than this is folded from its first event, and a snapshot is at most so many events old, unless it is large. */
export const snapshotEventsMin = 500n;
/** A large state is written less often: a snapshot costs an event about as many bytes as the event itself. */
const bytesPerEvent = 1024;
/** Writing takes at most a tenth of the time, however many streams are busy. */
const pausesPerWrite = 9;
const waitingMax = 1_000;

/**
 * Takes snapshots of long streams beside the commands, and reads them back. A snapshot that does not fit its stream to the last byte (other
 * code, another store, a restored database, a damaged row) is passed over, so that losing all of them changes nothing but speed.
 */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #waiting = new Map<string, { readonly key: SnapshotKey; readonly live: LiveAggregate<unknown> }>();
  /** Of the last snapshot of an aggregate in memory: up to where, and how large. */
  readonly #taken = new WeakMap<LiveAggregate<unknown>, { readonly revision: bigint; readonly bytes: number }>();
  readonly #abort = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** The aggregate as its newest snapshot has it, held against the event that it ends with; undefined when there is none that fits. */
  async restore<State>(
    { stream, version }: SnapshotKey,
    originAt: (position: bigint) => Promise<string>,
  ): Promise<LiveAggregate<State> | undefined> {
    const { snapshots, events, onFailure } = this.#options;
    try {
      const snapshot = await snapshots.find(stream, version);
      if (snapshot === undefined) return undefined;
      if (snapshot.digest !== digestOf(snapshot)) throw new Error('The row is damaged.');
      const { storeId } = await events.head();
      if (snapshot.storeId !== storeId || !(await isOf(snapshot, originAt, await this.#eventAt(stream, snapshot.revision))))
        return undefined;
      const live = aggregateOf<State>(snapshot);
      this.#taken.set(live, { revision: snapshot.revision, bytes: snapshot.body.length });
      return live;
    } catch (error) {
      onFailure(stream, error);
      return undefined;
    }
  }

  /** Takes a snapshot some time later, if the stream has grown enough since the last one. Returns at once. */
  offer(key: SnapshotKey, live: LiveAggregate<unknown>): void {
    if (!this.#isDue(live) || this.#abort.signal.aborted) return;
    if (this.#waiting.size >= waitingMax && !this.#waiting.has(key.stream)) return; // It is offered again by its next command.
    this.#waiting.set(key.stream, { key, live });
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#writing;
  }

  #isDue(live: LiveAggregate<unknown>): boolean {
    const { revision, bytes } = this.#taken.get(live) ?? { revision: -1n, bytes: 0 };
    const events = BigInt(Math.floor(bytes / bytesPerEvent));
    return live.revision - revision >= (events > snapshotEventsMin ? events : snapshotEventsMin);
  }

  async #write(): Promise<void> {
    // Not between a command and its answer.
    await sleep(0);
    for (const [stream, { key, live }] of this.#waiting) {
      if (this.#abort.signal.aborted) break;
      this.#waiting.delete(stream);
      if (!this.#isDue(live)) continue;
      const began = performance.now();
      await this.#take(key, live).catch((error: unknown) => this.#options.onFailure(stream, error));
      await sleep(pausesPerWrite * (performance.now() - began), undefined, { signal: this.#abort.signal }).catch(() => undefined);
    }
  }

  async #take({ stream, version }: SnapshotKey, live: LiveAggregate<unknown>): Promise<void> {
    const { snapshots, events } = this.#options;
    const { storeId } = await events.head();
    // Nothing is awaited from here to the digest: state, revision, leaf and commands are of one moment.
    const { revision, lastLeaf: leaf, lastPosition: position } = live;
    const body = bodyOf(live);
    // A failure is not tried again before the next one is due.
    this.#taken.set(live, { revision, bytes: body.length });
    const snapshot = { stream, version, revision, storeId, position, leaf, body };
    await snapshots.save({ ...snapshot, digest: digestOf(snapshot) });
  }

  async #eventAt(stream: string, revision: bigint): Promise<StoredEvent | undefined> {
    try {
      for await (const event of this.#options.events.readStream(stream, { fromRevision: revision, maxCount: 1 })) return event;
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return undefined;
  }
}

/** Does the snapshot end with this event? Its leaf says so of the event and, link by link, of all before it. */
async function isOf(
  { revision, position, leaf }: Snapshot,
  originAt: (position: bigint) => Promise<string>,
  event: StoredEvent | undefined,
): Promise<boolean> {
  return event?.revision === revision && event.position === position && leafOf(await originAt(position), event).hash === leaf;
}
