import type pg from 'pg';
import type { LedgerEvent } from '../event-store/domain/ledger-event.ts';
import type { EventBatch, StoredEvent } from '../event-store/domain/event-store.ts';
import { CheckpointMovedDefect, moveCheckpoint } from './checkpoint.ts';
import type { EventReader } from './event-reader.ts';
import { isRetryable } from './database-away.ts';
import type { Ownership } from './ownership.ts';
import type { Projection } from './projection.ts';

/** One event that the projection cannot apply. Everything before it is applied; the read model stands still until somebody looks. */
export class PoisonEventDefect extends Error {
  override readonly name = 'PoisonEventDefect';
  readonly eventId: string;
  readonly position: bigint;

  constructor(projection: string, event: LedgerEvent, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${projection} cannot apply ${event.type} ${event.id} at position ${event.position}: ${reason}`, { cause });
    this.eventId = event.id;
    this.position = event.position;
  }
}

export interface BatchToApply {
  readonly projection: Projection;
  readonly reader: EventReader;
  readonly storeId: string;
  /** Where the checkpoint is now. */
  readonly from: bigint;
  readonly batch: EventBatch;
  /** Called after each commit with the checkpoint's new position. */
  readonly moved: (position: bigint) => void;
}

/**
 * Writes the rows of a batch and the checkpoint in one transaction. When that fails, the events are applied one by one, so that all
 * before the poison one are in and that one is named. What time may heal is thrown as it is: the batch is handled again. Malformed events
 * are passed over: they are findings of the verifier, not data.
 */
export async function applyBatch(ownership: Ownership, work: BatchToApply): Promise<void> {
  const { projection, reader, storeId, from, batch, moved } = work;
  const events: Iterable<LedgerEvent> = { [Symbol.iterator]: () => wellFormed(reader, batch.events) };
  const apply: Apply = async (part, move) => {
    await inTransaction(ownership.client, async (client) => {
      await projection.project(part, client);
      await moveCheckpoint(client, projection, { storeId, ...move });
    });
    moved(move.to);
  };
  try {
    await apply(events, { from, to: batch.checkpoint });
  } catch (error) {
    if (batch.events.length === 0 || ownership.isLost || isRetryable(error) || error instanceof CheckpointMovedDefect) throw error;
    await applyOneByOne(ownership, { events, ...work }, apply);
  }
}

type Apply = (part: Iterable<LedgerEvent>, move: { from: bigint; to: bigint }) => Promise<void>;

function* wellFormed(reader: EventReader, stored: readonly StoredEvent[]): Generator<LedgerEvent> {
  for (const each of stored) {
    const event = reader.read(each);
    if (event !== undefined) yield event;
  }
}

async function applyOneByOne(ownership: Ownership, work: BatchToApply & { events: Iterable<LedgerEvent> }, apply: Apply): Promise<void> {
  const { projection, events, batch } = work;
  let { from } = work;
  for (const event of events) {
    try {
      await apply([event], { from, to: event.position });
    } catch (error) {
      if (ownership.isLost || isRetryable(error) || error instanceof CheckpointMovedDefect) throw error;
      throw new PoisonEventDefect(projection.name, event, error);
    }
    from = event.position;
  }
  if (from !== batch.checkpoint) await apply([], { from, to: batch.checkpoint });
}

/**
 * Rows and checkpoint are derived, and consistent whatever a crash leaves of them: it sets both back to an earlier position of the log,
 * and the events come again. So the commit need not wait for the disk.
 */
export async function inTransaction(client: pg.PoolClient, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  await client.query('begin; set local synchronous_commit = off');
  try {
    await work(client);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined); // The connection is gone, and the transaction with it.
    throw error;
  }
}
