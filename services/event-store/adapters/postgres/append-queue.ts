import type { Appended, AppendRequest } from '../../domain/event-store.ts';
import { StoreOverloadedFault } from '../../domain/faults.ts';
import { revisionOf } from '../../domain/repeat.ts';

/** An append that waits for its answer. */
export interface PendingAppend {
  readonly request: AppendRequest;
  readonly bytes: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One row of a flush: the appends to one stream of which each expects the revision at which the one before it ends. It is written as
 * one command, and so stands or falls as a whole.
 */
export interface FlushRow {
  readonly stream: string;
  readonly expected: bigint;
  readonly members: PendingAppend[];
  /** Revision of the stream once all members are written. */
  predicted: bigint;
}

export interface Flush {
  readonly rows: readonly FlushRow[];
  /** Appends whose stream is known to have passed their expectation: repeats or conflicts, to be answered by reading. */
  readonly overtaken: readonly PendingAppend[];
}

export interface QueueLimits {
  readonly flushEventsMax: number;
  readonly flushBytesMax: number;
  readonly queueBytesMax: number;
  readonly queueLengthMax: number;
}

/** Appends in the order in which they came, and the rule that makes flushes of them. */
export class AppendQueue {
  readonly #limits: QueueLimits;
  #pending: PendingAppend[] = [];
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#pending.length;
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  /** Throws `StoreOverloadedFault`; nothing is queued then. */
  add(append: PendingAppend): void {
    const { queueBytesMax, queueLengthMax } = this.#limits;
    if (this.#pending.length >= queueLengthMax || this.#bytes + append.bytes > queueBytesMax) {
      throw new StoreOverloadedFault(`${this.#pending.length} appends with ${this.#bytes} bytes wait for the event store already.`);
    }
    this.#pending.push(append);
    this.#bytes += append.bytes;
  }

  /** Puts appends back to the front, whatever the limits: they were admitted before. */
  putBack(appends: readonly PendingAppend[]): void {
    this.#pending = [...appends, ...this.#pending];
    for (const { bytes } of appends) this.#bytes += bytes;
  }

  /** Takes out everything. */
  drain(): readonly PendingAppend[] {
    const drained = this.#pending;
    this.#pending = [];
    this.#bytes = 0;
    return drained;
  }

  /**
   * Takes the next flush out of the queue. A stream has one row; an append to it that does not continue the row waits for the next
   * flush, when it is answered from committed data. `revisions` holds what the last flush learnt; revisions never go back.
   */
  takeFlush(revisions: ReadonlyMap<string, bigint>): Flush {
    const rows = new Map<string, FlushRow>();
    const overtaken: PendingAppend[] = [];
    const waiting: PendingAppend[] = [];
    const { flushEventsMax, flushBytesMax } = this.#limits;
    let events = 0;
    let bytes = 0;
    let index = 0;
    for (; index < this.#pending.length; index++) {
      const append = this.#pending[index] as PendingAppend;
      const count = append.request.events.length;
      // The first append passes whatever its size: alone it is within the limits of the port.
      if (events > 0 && (events + count > flushEventsMax || bytes + append.bytes > flushBytesMax)) break;
      if (revisionOf(append.request.expected) < (revisions.get(append.request.stream) ?? -1n)) overtaken.push(append);
      else if (admit(rows, append)) {
        events += count;
        bytes += append.bytes;
        continue;
      } else {
        waiting.push(append);
        continue;
      }
      this.#bytes -= append.bytes;
    }
    this.#bytes -= bytes;
    this.#pending = waiting.concat(this.#pending.slice(index));
    return { rows: [...rows.values()], overtaken };
  }
}

/** Begins or continues the row of the stream. False when the append does not continue it. */
function admit(rows: Map<string, FlushRow>, append: PendingAppend): boolean {
  const { stream, expected, events } = append.request;
  const revision = revisionOf(expected);
  const row = rows.get(stream);
  if (row === undefined) {
    rows.set(stream, { stream, expected: revision, members: [append], predicted: revision + BigInt(events.length) });
    return true;
  }
  if (row.predicted !== revision) return false;
  row.members.push(append);
  row.predicted += BigInt(events.length);
  return true;
}
