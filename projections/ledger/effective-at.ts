import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { ImpossibleEventDefect } from './impossible-event.ts';

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * The business time of an event; the time of the decision where it has none of its own. Its form is checked here, as Postgres would
 * take words such as "yesterday" too, which mean something else at each replay; the calendar is left to Postgres.
 */
export function effectiveAtOf(event: LedgerEvent): string {
  const effectiveAt = event.fin['effectiveAt'];
  if (typeof effectiveAt !== 'string') return event.at;
  if (!instant.test(effectiveAt)) throw new ImpossibleEventDefect(event, 'its business time is no instant');
  return effectiveAt;
}
