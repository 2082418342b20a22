import type { PoolClient } from 'pg';

/** Begins a statement; the answer settles with it. */
export type Write = (client: PoolClient) => Promise<unknown>;

/**
 * Runs statements one after another, and makes each one while the server is at work on the one before: on a replay both have as much
 * to do. Throws what the first failing statement, or the making of one, throws; then nothing is under way any more.
 */
export async function writeInTurn(client: PoolClient, writes: Iterable<Write>): Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  try {
    for (const write of writes) {
      await running;
      running = write(client);
      running.catch(() => undefined); // Met by the next await; making the next statement comes first.
    }
  } finally {
    await running.catch(() => undefined);
  }
  await running;
}
