import type pg from 'pg';
import { checkAppendRequest } from '../../domain/append-request.ts';
import type { Appended, AppendRequest } from '../../domain/event-store.ts';
import { AppendRefusedDefect, ConflictFault, StreamDeletedFault, UnknownOutcomeFault } from '../../domain/faults.ts';
import { expectationOf, revisionOf } from '../../domain/repeat.ts';
import { appendEvents, type RowOutcome } from './append-events.ts';
import { AppendQueue, type Flush, type FlushRow, type PendingAppend, type QueueLimits } from './append-queue.ts';
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
 * Group commit: appends queue up while a flush is under way and are then written together, in one transaction and one round trip. So
 * one caller waits for one flush, and many callers share its cost. One flush is in flight at a time; no timer delays anything.
 */
export class GroupCommitWriter {
  readonly #parts: WriterParts;
  readonly #queue: AppendQueue;
  #flushing: Promise<void> | undefined;
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
      this.#flushing ??= this.#flushAll();
    });
  }

  /** Ends what waits as unknown; lets the flush in flight end for as long as its connection allows. */
  async close(): Promise<void> {
    this.#closed = true;
    const fault = new UnknownOutcomeFault('The event store was disposed of.');
    for (const { reject } of this.#queue.drain()) reject(fault);
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    do {
      // Callers that were just answered append again within this turn of the event loop, and belong into the same flush.
      await new Promise(setImmediate);
      await this.#flush(this.#queue.takeFlush(this.#revisions));
    } while (!this.#queue.isEmpty);
    this.#flushing = undefined;
  }

  async #flush({ rows, overtaken }: Flush): Promise<void> {
    for (const append of overtaken) this.#answerByReading(append);
    if (rows.length === 0) return;
    try {
      const client = await this.#parts.connection.client();
      await this.#write(client, rows);
    } catch (error) {
      if (isConnectionLost(error)) this.#parts.connection.drop();
      const fault = unknownOutcome(error);
      for (const { members } of rows) for (const { reject } of members) reject(fault); // Those answered before stay answered.
    }
  }

  /** Throws when the outcome of the rows is not known. */
  async #write(client: pg.ClientBase, rows: readonly FlushRow[]): Promise<void> {
    let outcomes: RowOutcome[];
    try {
      outcomes = await appendEvents(client, rows);
    } catch (error) {
      if (!isPoison(error)) throw error;
      await this.#isolate(client, rows, error);
      return;
    }
    this.#revisions = new Map(rows.map(({ stream }, index) => [stream, (outcomes[index] as RowOutcome).revision]));
    if (outcomes.some(({ outcome }) => outcome === 'ok')) this.#parts.committed();
    rows.forEach((row, index) => this.#settle(row, outcomes[index] as RowOutcome));
  }

  /** The server refused the whole flush because of one member: write each by itself, so that only that one is refused. */
  async #isolate(client: pg.ClientBase, rows: readonly FlushRow[], cause: unknown): Promise<void> {
    const members = rows.flatMap((row) => row.members);
    if (members.length === 1)
      return (members[0] as PendingAppend).reject(new AppendRefusedDefect('The event store refused an append.', { cause }));
    for (const member of members) await this.#write(client, [rowOf(member)]);
  }

  #settle(row: FlushRow, { outcome, revision, position }: RowOutcome): void {
    if (outcome === 'ok') this.#settleWritten(row, position as bigint);
    else if (outcome === 'conflict') this.#settleConflict(row, revision);
    else
      for (const { reject } of row.members) reject(new StreamDeletedFault(`Stream ${row.stream} is sealed: it takes no further events.`));
  }

  #settleWritten({ members, predicted }: FlushRow, positionLast: bigint): void {
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
