import { StoreUnavailableFault } from '../../event-store/domain/faults.ts';
import { isDatabaseAway } from '../../read-store/database-away.ts';

interface DueRound<Due> {
  /** Safe to repeat. */
  readonly look: (due: Due) => Promise<void>;
  /** What is told of those that failed, behind their number. */
  readonly failed: string;
}

/**
 * Does the same for everything that is due. What fails for one keeps nothing behind it, and is thrown at the end. Only a database or a store of
 * events that is away ends the round at once: it would fail for all the others too, and the next round finds them again.
 */
export async function forEachDue<Due>(dues: Iterable<Due> | AsyncIterable<Due>, { look, failed }: DueRound<Due>): Promise<void> {
  const faults: unknown[] = [];
  for await (const due of dues) {
    await look(due).catch((fault: unknown) => {
      if (isDatabaseAway(fault) || fault instanceof StoreUnavailableFault) throw fault;
      faults.push(fault);
    });
  }
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} ${failed}; the first: ${String(faults[0])}`);
}
