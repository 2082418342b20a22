import { PostgresWatcherHalts } from '../../settlement/adapters/postgres/postgres.watcher-halts.ts';
import { underChainLock } from './under-chain-lock.ts';
import type { Decided, WatchedPlace } from './settlement-command.ts';

/** `settlement lift`: the chain is followed again, from where it stood. Exit code 1 if no halt stands. */
export async function lift({ chain: { chainId }, pool }: WatchedPlace, { by, reason }: Decided): Promise<number> {
  const halts = new PostgresWatcherHalts(pool);
  const lifting = () => halts.lift(chainId, { liftedBy: by, reason, liftedAt: new Date() });
  // What a look that is under way halts for is not what the operator has seen.
  const isHalted = (await halts.standing(chainId)) !== undefined;
  const halt = isHalted ? await underChainLock({ pool, chainId }, lifting) : undefined;
  if (halt === undefined) {
    process.stdout.write(`Chain ${chainId} is not halted.\n`);
    return 1;
  }
  process.stdout.write(`Lifted: ${halt.code} of ${halt.raisedAt.toISOString()}. ${halt.message}\n`);
  return 0;
}
