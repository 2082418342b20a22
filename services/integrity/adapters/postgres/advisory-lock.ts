import type { Pool, PoolClient } from 'pg';
import type { HeldLock, SequencerLock } from '../../application/sequencer-lock.ts';

/** First half of the key, so that nothing else that takes two-part advisory locks meets ours. */
const lockSpace = 1_952_805_748;

/** Advisory locks of Postgres, all of this process on one connection; they end with it. */
export class AdvisoryLock implements SequencerLock {
  readonly #pool: Pool;
  #session: LockSession | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async tryAcquire(log: string): Promise<HeldLock | undefined> {
    if (this.#session === undefined || this.#session.isClosed) this.#session = new LockSession(this.#pool);
    return this.#session.tryAcquire(log);
  }
}

/** A connection while anybody holds or wants a lock on it. It is closed then, not given back, so that no lock outlives its holder. */
class LockSession {
  readonly #client: Promise<PoolClient>;
  readonly #lost = Promise.withResolvers<void>();
  readonly #held = new Set<string>();
  #users = 0;
  #isClosed = false;

  constructor(pool: Pool) {
    this.#client = pool.connect().then((client) => {
      client.once('error', () => this.#close(client));
      return client;
    });
    this.#client.catch(() => (this.#isClosed = true));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async tryAcquire(log: string): Promise<HeldLock | undefined> {
    // Within one session Postgres would grant the same lock again.
    if (this.#held.has(log)) return undefined;
    this.#held.add(log);
    this.#users++;
    try {
      const client = await this.#client;
      if (await tryLock(client, log)) return { lost: this.#lost.promise, release: () => this.#release(log) };
    } catch (error) {
      await this.#leave(log);
      throw error;
    }
    await this.#leave(log);
    return undefined;
  }

  async #release(log: string): Promise<void> {
    if (this.#isClosed || !this.#held.has(log)) return;
    const client = await this.#client;
    await client.query('select pg_advisory_unlock($1, hashtext($2))', [lockSpace, log]).catch(() => undefined);
    await this.#leave(log);
  }

  async #leave(log: string): Promise<void> {
    this.#held.delete(log);
    if (--this.#users === 0 && !this.#isClosed) this.#close(await this.#client);
  }

  #close(client: PoolClient): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What the socket still says while it closes concerns nobody.
    client.on('error', () => undefined);
    client.release(true);
    this.#lost.resolve();
  }
}

async function tryLock(client: PoolClient, log: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as locked', [lockSpace, log]);
  return rows[0]?.locked === true;
}
