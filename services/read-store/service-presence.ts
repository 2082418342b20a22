import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** Any 63-bit number that nothing else in the database uses. */
const presenceLock = 7_302_658_143_203n;
/** A process that was killed a moment ago is still seen until the server notices. */
const patienceMs = 3_000;
const retryDelayMs = 100;
const returnDelayMs = 1_000;

/** A ledger is served on this database, or its event store is being moved: what was asked for does not go together with that. */
export class DatabaseInUseFault extends Error {
  override readonly name = 'DatabaseInUseFault';
  readonly retryable = false;
}

export interface Presence {
  /** Resolves when the lock is free. May be repeated. */
  leave(): Promise<void>;
}

/**
 * Says that this process serves a ledger on this database; any number may. Throws `DatabaseInUseFault` while an event store is moved
 * there. A connection that breaks is replaced, so for a moment a process may be at work unseen: whoever moves a store looks at its end again.
 */
export async function enterService(pool: pg.Pool): Promise<Presence> {
  let held = await hold(pool, 'shared');
  let left = false;
  const stay = async (): Promise<void> => {
    while (!left) {
      await held.lost;
      if (left) return;
      await sleep(returnDelayMs, undefined, { ref: false });
      held = await hold(pool, 'shared').catch(() => held); // Tried again: a lock that was lost stays lost.
      if (left) await held.release();
    }
  };
  void stay();
  return {
    leave: () => {
      left = true;
      return held.release();
    },
  };
}

/** The right to change what every process of a ledger relies on. Throws `DatabaseInUseFault` while any process serves it. */
export async function claimAlone(pool: pg.Pool): Promise<Presence> {
  const held = await hold(pool, 'alone');
  return { leave: () => held.release() };
}

interface HeldLock {
  /** Settles when the lock is gone, whoever gave it up. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
}

async function hold(pool: pg.Pool, kind: 'shared' | 'alone'): Promise<HeldLock> {
  const client = await pool.connect();
  const lost = Promise.withResolvers<void>();
  let isOver = false;
  const giveUp = (): void => {
    if (!isOver) client.release(true); // The lock ends with its connection.
    isOver = true;
    lost.resolve();
  };
  // Also when the connection broke: a pool waits at its end for everything that it lent.
  client.on('error', giveUp);
  client.on('end', giveUp);
  try {
    if (await isTaken(client, kind)) return { lost: lost.promise, release: () => Promise.resolve(giveUp()) };
  } catch (error) {
    giveUp();
    throw error;
  }
  giveUp();
  throw new DatabaseInUseFault(
    kind === 'alone'
      ? 'A Tallyroot service works on this database; stop every process of it first.'
      : 'The event store of this database is being moved (bin/tallyroot store); start again when that has ended.',
  );
}

async function isTaken(client: pg.PoolClient, kind: 'shared' | 'alone'): Promise<boolean> {
  const lock = kind === 'shared' ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
  for (const deadline = performance.now() + patienceMs; ; await sleep(retryDelayMs)) {
    const { rows } = await client.query<{ taken: boolean }>(`select ${lock}($1) as taken`, [presenceLock]);
    if (rows[0]?.taken === true) return true;
    if (performance.now() >= deadline) return false;
  }
}
