import { randomUUID } from 'node:crypto';
import type { Appended, AppendRequest, Head, ProposedEvent, StoredEvent } from '../../domain/event-store.ts';
import { StreamDeletedFault, StreamNotFoundFault } from '../../domain/faults.ts';
import { answerRepeat, revisionOf } from '../../domain/repeat.ts';
import { CommitSignal } from '../commit-signal.ts';

export interface MemoryLogOptions {
  /** Distance to the next position, at least 1. Tests draw it at random, so that nobody gets away with "position + 1" (promise 41). */
  readonly stride?: () => bigint;
  readonly now?: () => Date;
}

interface MemoryStream {
  /** What the stream still shows: all of it, unless somebody went behind the port. */
  events: StoredEvent[];
  /** Of the last event it ever had. */
  revision: bigint;
  sealed: boolean;
}

/**
 * What a database is to its clients: any number of memory stores may share one log. The methods under "behind the port" do what
 * somebody with access to a real store could do, so that tests can prove it is noticed.
 */
export class MemoryLog {
  readonly signal = new CommitSignal();
  readonly #storeId = randomUUID();
  readonly #log: StoredEvent[] = [];
  readonly #streams = new Map<string, MemoryStream>();
  readonly #stride: () => bigint;
  readonly #now: () => Date;

  constructor({ stride = () => 1n, now = () => new Date() }: MemoryLogOptions = {}) {
    this.#stride = stride;
    this.#now = now;
  }

  get head(): Head {
    return { position: this.#log.at(-1)?.position ?? 0n, storeId: this.#storeId };
  }

  append(request: AppendRequest): Appended {
    const { stream: name, expected, events } = request;
    const stream = this.#streams.get(name) ?? { events: [], revision: -1n, sealed: false };
    if (stream.sealed) throw new StreamDeletedFault(`Stream ${name} is sealed: it takes no further events.`);
    if (revisionOf(expected) !== stream.revision) {
      const first = Number(revisionOf(expected) + 1n - (stream.events[0]?.revision ?? 0n)); // Below 0: they were truncated.
      return answerRepeat(request, { actual: stream.revision, places: first < 0 ? [] : stream.events.slice(first, first + events.length) });
    }
    const createdAt = this.#now();
    for (const event of events) stream.events.push(this.#place(event, { stream: name, revision: ++stream.revision, createdAt }));
    this.#streams.set(name, stream);
    this.signal.notify();
    return { revision: stream.revision, position: this.head.position, fresh: true };
  }

  /**
   * The events of a stream, revision by revision. Throws `StreamNotFoundFault` for one that never was, `StreamDeletedFault` for one
   * that was sealed or of which events are missing.
   */
  stream(name: string): readonly StoredEvent[] {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new StreamNotFoundFault(name);
    const { events, revision, sealed } = stream;
    if (sealed) throw new StreamDeletedFault(`Stream ${name} was sealed behind the port.`);
    if (BigInt(events.length) <= revision) throw new StreamDeletedFault(`Events of stream ${name} were removed behind the port.`);
    return events;
  }

  /** The whole log, in order. */
  get events(): readonly StoredEvent[] {
    return this.#log;
  }

  /** Index of the first event at or after a position, by halving. */
  indexOf(position: bigint): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as StoredEvent).position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Behind the port: writes an event under any name, as an engine writes its own. */
  writeUnchecked(stream: string, event: ProposedEvent): void {
    this.#place(event, { stream, revision: 0n, createdAt: this.#now() });
    this.signal.notify();
  }

  /** Behind the port: takes the events below a revision out of the stream; the log keeps them. */
  truncate(name: string, before: bigint): void {
    const stream = this.#streams.get(name);
    if (stream !== undefined) stream.events = stream.events.filter(({ revision }) => revision >= before);
  }

  /** Behind the port: ends the stream for ever. */
  seal(name: string): void {
    this.#streams.set(name, { events: [], revision: -1n, ...this.#streams.get(name), sealed: true });
  }

  #place(event: ProposedEvent, place: Pick<StoredEvent, 'stream' | 'revision' | 'createdAt'>): StoredEvent {
    const { id, type, data, metadata } = event;
    const stored = { id, ...place, position: this.head.position + this.#stride(), type, data, metadata };
    this.#log.push(stored);
    return stored;
  }
}
