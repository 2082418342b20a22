import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';

/** The business time of an event; the time of the decision where it has none of its own. */
export function effectiveAtOf({ fin, at }: LedgerEvent): string {
  const effectiveAt = fin['effectiveAt'];
  return typeof effectiveAt === 'string' ? effectiveAt : at;
}
