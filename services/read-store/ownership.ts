import pg from 'pg';
import type { CheckpointKey } from './checkpoint.ts';

/** The right to write one read model: a connection that holds its advisory lock. Gone with the connection. */
export interface Ownership {
  readonly client: pg.PoolClient;
  readonly isLost: boolean;
  /** Called once when the connection breaks; at once if it is broken already. */
  onLost(lost: () => void): void;
  release(): Promise<void>;
}

/** Takes the lock, or answers undefined when another process has it. The connection is out of the pool until it is released. */
export async function takeOwnership(pool: pg.Pool, { name, version }: CheckpointKey): Promise<Ownership | undefined> {
  const client = await pool.connect();
  let isLost = false;
  const listeners: (() => void)[] = [];
  const noticeLoss = () => {
    isLost = true;
    for (const lost of listeners.splice(0)) lost();
  };
  client.on('error', noticeLoss);
  const giveBack = () => {
    client.off('error', noticeLoss);
    client.release(isLost);
  };
  const lock = `tallyroot projection ${name}/${version}`;
  try {
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as taken', [lock]);
    if (rows[0]?.taken !== true) {
      giveBack();
      return undefined;
    }
  } catch (error) {
    isLost = true;
    giveBack();
    throw error;
  }
  return {
    client,
    get isLost() {
      return isLost;
    },
    onLost(lost) {
      if (isLost) lost();
      else listeners.push(lost);
    },
    async release() {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [lock]).catch(() => (isLost = true));
      giveBack();
    },
  };
}

/** SQLSTATE classes that pass by themselves: connection, rollback for concurrency, resources, locks, shutdown. */
const transientClasses = new Set(['08', '40', '53', '55', '57']);

/** Did the database fail us in a way that a later attempt may not meet? */
export function isTransient(error: unknown): boolean {
  return error instanceof pg.DatabaseError && transientClasses.has((error.code ?? '').slice(0, 2));
}
