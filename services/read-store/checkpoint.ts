import type pg from 'pg';
import type { Projection } from './projection.ts';

/** Which checkpoint: a new version of a read model begins its own. */
export type CheckpointKey = Pick<Projection, 'name' | 'version'>;

export interface Checkpoint {
  /** The log that the position belongs to. */
  readonly storeId: string;
  /** Everything up to and including this position is in the rows. */
  readonly position: bigint;
}

/** The checkpoint was not where its owner left it: another owner is at work. The transaction is rolled back; stop. */
export class CheckpointMovedDefect extends Error {
  override readonly name = 'CheckpointMovedDefect';
}

/** The read model was built from another log than the one that is served. Only a rebuild makes it right. */
export class ForeignStoreFault extends Error {
  override readonly name = 'ForeignStoreFault';
}

export async function readCheckpoint(client: pg.ClientBase | pg.Pool, { name, version }: CheckpointKey): Promise<Checkpoint | undefined> {
  const { rows } = await client.query<{ store_id: string; position: bigint }>({
    name: 'read_checkpoint',
    text: 'select store_id, position from projection_checkpoint where name = $1 and version = $2',
    values: [name, version],
  });
  const [row] = rows;
  return row && { storeId: row.store_id, position: row.position };
}

/** Reads the checkpoint, or begins it at zero. Throws `ForeignStoreFault` when it belongs to another log. */
export async function openCheckpoint(client: pg.ClientBase, key: CheckpointKey, storeId: string): Promise<bigint> {
  await client.query(
    `insert into projection_checkpoint (name, version, store_id, position) values ($1, $2, $3, 0)
      on conflict (name, version) do nothing`,
    [key.name, key.version, storeId],
  );
  const checkpoint = await readCheckpoint(client, key);
  if (checkpoint?.storeId !== storeId) {
    throw new ForeignStoreFault(
      `${key.name} was built from store ${checkpoint?.storeId}, but the log is store ${storeId}: after a move, bin/tallyroot store adopt.`,
    );
  }
  return checkpoint.position;
}

export interface CheckpointMove {
  readonly storeId: string;
  readonly from: bigint;
  readonly to: bigint;
}

/** Moves the checkpoint, inside the transaction that writes the rows, if it still is where we left it. */
export async function moveCheckpoint(
  client: pg.ClientBase,
  { name, version }: CheckpointKey,
  { storeId, from, to }: CheckpointMove,
): Promise<void> {
  const { rowCount } = await client.query({
    name: 'move_checkpoint',
    text: `update projection_checkpoint set position = $5, moved_at = now()
      where name = $1 and version = $2 and store_id = $3 and position = $4`,
    values: [name, version, storeId, from, to],
  });
  if (rowCount !== 1) throw new CheckpointMovedDefect(`The checkpoint of ${name} is not at ${from} any more.`);
}

/** Sets the checkpoint back to zero of this log, inside the transaction that empties the rows. */
export async function resetCheckpoint(client: pg.ClientBase, { name, version }: CheckpointKey, storeId: string): Promise<void> {
  await client.query(
    `insert into projection_checkpoint (name, version, store_id, position) values ($1, $2, $3, 0)
      on conflict (name, version) do update set store_id = excluded.store_id, position = 0, moved_at = now()`,
    [name, version, storeId],
  );
}
