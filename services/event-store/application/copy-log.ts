import type { StoredEvent } from '../domain/event-store.ts';
import { appendCopies } from './append-copies.ts';
import { type LogPair, LogsDifferFault, passCommonPart } from './compare-logs.ts';

export interface CopyOptions extends LogPair {
  /** Called for every event of the source that the target is known to hold. */
  readonly progressed?: (event: StoredEvent) => void;
  /** How long an append that nobody answers is sent again, in milliseconds. */
  readonly patienceMs?: number;
}

export interface Copied {
  /** Events that the target held before. */
  readonly standing: number;
  readonly copied: number;
}

/**
 * Copies a log into another store: the same events in the same order, to the byte. What the target holds already is compared and
 * passed over, so a copy that was cut off at any instant goes on where it was; a target that holds anything else is refused.
 *
 * One append at a time: the order of the whole log is what the trees are made of, and no port promises it for two that are under way.
 * Throws `LogsDifferFault` (also when somebody else writes to the target), `EventNotPortableFault`, and the target's fault when it stays
 * away. Whoever reads the target afterwards (`passCommonPart`) knows that it is complete.
 */
export async function copyLog({ source, target, progressed = () => undefined, ...options }: CopyOptions): Promise<Copied> {
  const [from, to] = await Promise.all([source.head(), target.head()]);
  if (from.storeId === to.storeId) throw new LogsDifferFault('The source and the target are one and the same event store.');
  const { rest, events: standing } = await passCommonPart({ source, target }, progressed);
  const copied = await appendCopies(target, { [Symbol.asyncIterator]: () => rest }, { progressed, ...options });
  return { standing, copied };
}
