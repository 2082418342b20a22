import { PostgresWatcherHalts } from '../../settlement/adapters/postgres/postgres.watcher-halts.ts';
import type { Decided, WatchedPlace } from './settlement-command.ts';

/** `settlement lift`: the chain is followed again, from where it stood. Exit code 1 if no halt stands. */
export async function lift({ chain: { chainId }, pool }: WatchedPlace, { by, reason }: Decided): Promise<number> {
  const halt = await new PostgresWatcherHalts(pool).lift(chainId, { liftedBy: by, reason, liftedAt: new Date() });
  if (halt === undefined) {
    process.stdout.write(`Chain ${chainId} is not halted.\n`);
    return 1;
  }
  process.stdout.write(`Lifted: ${halt.code} of ${halt.raisedAt.toISOString()}. ${halt.message}\n`);
  return 0;
}
