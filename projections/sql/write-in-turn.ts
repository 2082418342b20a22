import type { PoolClient, QueryConfig } from 'pg';

/**
 * Runs statements one after another, and makes each one while the server is at work on the one before: on a replay both have as much
 * to do. Throws what the first failing statement, or the making of one, throws; then nothing is under way any more.
 */
export async function writeInTurn(client: PoolClient, statements: Iterable<QueryConfig>): Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  try {
    for (const statement of statements) {
      await running;
      running = client.query(statement);
      running.catch(() => undefined); // Met by the next await; making the next statement comes first.
    }
  } finally {
    await running.catch(() => undefined);
  }
  await running;
}
