import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { AdvisoryLock } from '../../integrity/adapters/postgres/advisory-lock.ts';
import { lockOfChain } from '../../settlement/application/watching/chain-watcher.ts';
import { EngineFault } from '../embedded/engine-fault.ts';

/** A look that is under way ends within this time, or its process is to be looked at. */
const patienceMsDefault = 600_000;
const pollMs = 100;

/**
 * Works while nobody reads a halted chain or tells of it: its watchers have given the lock up, or do so when their look is over. Throws
 * `EngineFault` when none does.
 */
export async function underChainLock<Result>(
  { pool, chainId, patienceMs = patienceMsDefault }: { readonly pool: Pool; readonly chainId: string; readonly patienceMs?: number },
  work: (isHeld: () => boolean) => Promise<Result>,
): Promise<Result> {
  const lock = new AdvisoryLock(pool);
  const deadline = performance.now() + patienceMs;
  let held = await lock.tryAcquire(lockOfChain(chainId));
  if (held === undefined) process.stderr.write(`Waiting for a look at chain ${chainId} to end.\n`);
  while (held === undefined) {
    if (performance.now() >= deadline) throw new EngineFault(`A process looks at chain ${chainId} and does not end.`);
    await sleep(pollMs);
    held = await lock.tryAcquire(lockOfChain(chainId));
  }
  let isHeld = true;
  void held.lost.then(() => (isHeld = false));
  try {
    return await work(() => isHeld);
  } finally {
    await held.release();
  }
}
