import type pg from 'pg';
import { checkAppendRequest } from '../../domain/append-request.ts';
import type { Appended, AppendRequest } from '../../domain/event-store.ts';
import { AppendRefusedDefect, ConflictFault, StreamDeletedFault, UnknownOutcomeFault } from '../../domain/faults.ts';
import { expectationOf, revisionOf } from '../../domain/repeat.ts';
import { appendEvents, type RowOutcome } from './append-events.ts';
import { AppendQueue, type FlushRow, type PendingAppend, type QueueLimits } from './append-queue.ts';
import { isConnectionLost, isPoison, unknownOutcome } from './postgres-failure.ts';
import type { WriterConnection } from './writer-connection.ts';

export interface WriterParts {
  readonly connection: WriterConnection;
  /** Answers from committed data an append whose expectation was not met. */
  readonly checkRepeat: (request: AppendRequest) => Promise<Appended>;
  /** Called after each flush that wrote something. */
  readonly committed: () => void;
  readonly limits: QueueLimits;
}

/**
 * So many appends are a flush: they leave at once, not at the end of the turn. Many callers that are answered together come back
 * together; cut in two, one half is written while this process works for the other.
 */
const flushAtOnceLength = 32;

/**
 * Group commit: appends queue up while a flush is under way and are then written together, in one transaction and one round trip. So
 * one caller waits for one flush, and many callers share its cost. One flush is in flight at a time; no timer delays anything.
 */
export class GroupCommitWriter {
  readonly #parts: WriterParts;
  readonly #queue: AppendQueue;
  #flushing: Promise<void> | undefined;
  #turnEnd: NodeJS.Immediate | undefined;
  #closed = false;
  /** Revisions of the streams of the last flush. */
  #revisions: ReadonlyMap<string, bigint> = new Map();

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#queue = new AppendQueue(parts.limits);
  }

  append(request: AppendRequest): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const bytes = checkAppendRequest(request);
      if (this.#closed) throw new UnknownOutcomeFault('The event store was disposed of.');
      this.#queue.add({ request, bytes, resolve, reject });
      this.#schedule();
    });
  }

  /** Ends what waits as unknown; lets the flush in flight end for as long as its connection allows. */
  async close(): Promise<void> {
    this.#closed = true;
    const fault = new UnknownOutcomeFault('The event store was disposed of.');
    do {
      for (const { reject } of this.#queue.drain()) reject(fault);
      await this.#flushing;
    } while (this.#flushing !== undefined || !this.#queue.isEmpty); // A conflict in the flush puts appends back.
  }

  /**
   * Sends what waits, when no flush is in flight: a full flush at once, fewer at the end of this turn of the event loop, as callers
   * that were just answered append again within it.
   */
  #schedule(): void {
    if (this.#flushing !== undefined || this.#queue.isEmpty) return;
    if (this.#queue.length >= flushAtOnceLength) this.#begin();
    else this.#turnEnd ??= setImmediate(() => this.#begin());
  }

  #begin(): void {
    clearImmediate(this.#turnEnd);
    this.#turnEnd = undefined;
    const { rows, overtaken } = this.#queue.takeFlush(this.#revisions);
    for (const append of overtaken) this.#answerByReading(append);
    if (rows.length > 0) this.#flushing = this.#flush(rows);
    else this.#schedule();
  }

  async #flush(rows: readonly FlushRow[]): Promise<void> {
    let settle: () => void;
    try {
      const { connection } = this.#parts;
      settle = await this.#write(connection.opened ?? (await connection.client()), rows);
    } catch (error) {
      if (isConnectionLost(error)) this.#parts.connection.drop();
      const fault = unknownOutcome(error);
      settle = () => {
        for (const { members } of rows) for (const { reject } of members) reject(fault); // Those answered before stay answered.
      };
    }
    this.#flushing = undefined;
    // The server has the next flush before this process turns to the answers of the last one.
    this.#schedule();
    settle();
    this.#schedule();
  }

  /** Writes the rows; what it returns answers those that were written. Throws when their outcome is not known. */
  async #write(client: pg.ClientBase, rows: readonly FlushRow[]): Promise<() => void> {
    let outcomes: RowOutcome[];
    try {
      outcomes = await appendEvents(client, rows);
    } catch (error) {
      if (!isPoison(error)) throw error;
      await this.#isolate(client, rows, error);
      return () => undefined;
    }
    this.#revisions = new Map(rows.map(({ stream }, index) => [stream, (outcomes[index] as RowOutcome).revision]));
    if (outcomes.some(({ outcome }) => outcome === 'ok')) this.#parts.committed();
    // What these put back is queued again before the next flush is taken: a later append of the same stream must not overtake it.
    rows.forEach((row, index) => this.#settleUnwritten(row, outcomes[index] as RowOutcome));
    return () => rows.forEach((row, index) => this.#settleWritten(row, outcomes[index] as RowOutcome));
  }

  /** The server refused the whole flush because of one member: write each by itself, so that only that one is refused. */
  async #isolate(client: pg.ClientBase, rows: readonly FlushRow[], cause: unknown): Promise<void> {
    const members = rows.flatMap((row) => row.members);
    if (members.length === 1)
      return (members[0] as PendingAppend).reject(new AppendRefusedDefect('The event store refused an append.', { cause }));
    for (const member of members) (await this.#write(client, [rowOf(member)]))();
  }

  #settleUnwritten(row: FlushRow, { outcome, revision }: RowOutcome): void {
    if (outcome === 'ok') return;
    if (outcome === 'conflict') return this.#settleConflict(row, revision);
    for (const { reject } of row.members) reject(new StreamDeletedFault(`Stream ${row.stream} is sealed: it takes no further events.`));
  }

  #settleWritten({ members, predicted }: FlushRow, { outcome, position }: RowOutcome): void {
    if (outcome !== 'ok') return;
    const positionLast = position as bigint;
    let revision = predicted;
    for (let index = members.length - 1; index >= 0; index--) {
      const { request, resolve } = members[index] as PendingAppend;
      resolve({ revision, position: positionLast - (predicted - revision) * this.#parts.connection.stride, fresh: true });
      revision -= BigInt(request.events.length);
    }
  }

  /**
   * Nothing of the row was written. Members behind the stream are repeats or conflicts. Those from the one on that expects the
   * actual revision (the members before it were repeats) are sent again. What lies ahead is a conflict.
   */
  #settleConflict({ stream, members }: FlushRow, actual: bigint): void {
    const resumeAt = members.findIndex(({ request }) => revisionOf(request.expected) === actual);
    members.forEach((member, index) => {
      const { expected } = member.request;
      if (revisionOf(expected) < actual) this.#answerByReading(member);
      else if (resumeAt < 0 || index < resumeAt) member.reject(new ConflictFault(stream, expected, expectationOf(actual)));
    });
    if (resumeAt >= 0) this.#queue.putBack(members.slice(resumeAt));
  }

  #answerByReading({ request, resolve, reject }: PendingAppend): void {
    this.#parts.checkRepeat(request).then(resolve, reject);
  }
}

function rowOf(member: PendingAppend): FlushRow {
  const { stream, expected, events } = member.request;
  const revision = revisionOf(expected);
  return { stream, expected: revision, members: [member], predicted: revision + BigInt(events.length) };
}
