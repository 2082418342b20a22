import { hash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../commands/application/clock.ts';
import { canonicalJson, type Json } from '../../event-store/domain/canonical-json.ts';
import type { AppendRequest, EventStore, Expectation, StoredEvent } from '../../event-store/domain/event-store.ts';
import { ConflictFault, StreamNotFoundFault, UnknownOutcomeFault } from '../../event-store/domain/faults.ts';
import { prefixOf, streamName } from '../../event-store/domain/stream-name.ts';
import { leafOf, sealEvent, zeroHash } from '../domain/leaf.ts';
import type { SystemLeafType } from '../domain/system-leaf.events.ts';

export interface SystemLeaf {
  readonly slug: string;
  readonly origin: string;
  /** Of the log that an event which stands there already is a leaf of, where that may be an earlier incarnation. */
  readonly originAt?: (position: bigint) => Promise<string>;
  readonly type: SystemLeafType;
  readonly fin: Json;
  /**
   * Give one where a crash could repeat the append: an event that is among the last of the stream under this id is answered, not written
   * again. It must be derived from what the event says. Random when absent.
   */
  readonly id?: string;
  /** Position of the event that the leaf answers to: the id is looked for back to there, however much was written since. */
  readonly since?: bigint;
}

export interface SystemLeafAppended {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  /** Leaf hash of what is stored. */
  readonly leaf: string;
}

/** How far back an id is looked for: a round appends two events, and one round is all that a crash repeats. */
const lookBack = 16;
const attemptsMax = 20;
const retryDelayMsMax = 250;

export function systemStream(slug: string): string {
  return streamName({ slug, kind: 'log', id: '0' });
}

/** Writes system leaves: ordinary events with `prev` and revision like all others. */
export class SystemLog {
  readonly #store: EventStore;
  readonly #clock: Clock;

  constructor(store: EventStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Durable when it resolves. A conflict (somebody else appended) is tried again behind the new last event. */
  async append(leaf: SystemLeaf): Promise<SystemLeafAppended> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(leaf);
      } catch (error) {
        if (!(error instanceof ConflictFault) || attempt === attemptsMax) throw error;
        await delayBefore(attempt);
      }
    }
  }

  async #attempt(leaf: SystemLeaf): Promise<SystemLeafAppended> {
    const { origin, originAt = () => Promise.resolve(origin), type, fin, id = randomUUID() } = leaf;
    const stream = systemStream(leaf.slug);
    const last = await this.#last(stream, leaf.since);
    const written = last.find((event) => event.id === id);
    if (written !== undefined) return answerOf(await originAt(written.position), written);
    const tail = last[0];
    const revision = tail === undefined ? 0n : tail.revision + 1n;
    const sealed = sealEvent({
      ...{ origin, stream, revision, id, type, fin, body: bodyOf(leaf, id), at: this.#clock.now() },
      previous: tail === undefined ? zeroHash : leafOf(await originAt(tail.position), tail).hash,
      payloadSalt: randomBytes(32).toString('hex'),
      metadataSalt: randomBytes(32).toString('hex'),
    });
    const expected: Expectation = tail === undefined ? 'no_stream' : tail.revision;
    const appended = await this.#append({ stream, expected, events: [{ id, type, data: sealed.data, metadata: sealed.metadata }] });
    if (appended.fresh) return { id, stream, revision, position: appended.position, leaf: sealed.leaf.hash };
    return answerOf(origin, await this.#read(stream, revision));
  }

  /** The same event at the same place until the store gives a final answer. */
  async #append(request: AppendRequest): Promise<{ readonly position: bigint; readonly fresh: boolean }> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { position, fresh } = await this.#store.append(request);
        return { position, fresh: fresh === true && attempt === 1 };
      } catch (error) {
        if (!(error instanceof UnknownOutcomeFault) || attempt === attemptsMax) throw error;
        await delayBefore(attempt);
      }
    }
  }

  /** The last events of the stream, newest first; empty for a new stream. */
  async #last(stream: string, since: bigint | undefined): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    const range = since === undefined ? { maxCount: lookBack } : {};
    try {
      for await (const event of this.#store.readStream(stream, { direction: 'backwards', ...range })) {
        events.push(event);
        if (since !== undefined && event.position < since) break;
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return events;
  }

  async #read(stream: string, revision: bigint): Promise<StoredEvent> {
    for await (const event of this.#store.readStream(stream, { fromRevision: revision, maxCount: 1 })) return event;
    throw new Error(`${stream} has no revision ${revision}, although the store answered that it has.`);
  }
}

function answerOf(origin: string, event: StoredEvent): SystemLeafAppended {
  const { id, stream, revision, position } = event;
  return { id, stream, revision, position, leaf: leafOf(origin, event).hash };
}

function bodyOf({ slug, type, fin }: SystemLeaf, command: string): Json {
  const fingerprint = hash('sha256', canonicalJson({ body: fin, command: `${prefixOf(slug)}${type}` }), 'hex');
  return { actor: { id: 'integrity', type: 'system' }, command, correlation: command, fingerprint };
}

function delayBefore(attempt: number): Promise<void> {
  return sleep(Math.random() * Math.min(retryDelayMsMax, 5 * 2 ** attempt));
}
