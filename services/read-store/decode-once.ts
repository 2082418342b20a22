import type { StoredEvent } from '../event-store/domain/event-store.ts';
import { type LedgerEvent, ledgerEventOf } from '../event-store/domain/ledger-event.ts';

/** A power of two, and more than the event store keeps of the log's tip for its subscriptions. */
const slots = 8192;
const storedEvents = new Array<StoredEvent | undefined>(slots);
const ledgerEvents = new Array<LedgerEvent | undefined>(slots);

/**
 * `ledgerEventOf`, once for all read models of a process: they follow the log closely together, and are handed the same event
 * objects. A fixed number of slots by position; a WeakMap would cost a replay twice as much.
 */
export function decodeOnce(stored: StoredEvent): LedgerEvent | undefined {
  const slot = Number(BigInt.asUintN(13, stored.position));
  if (storedEvents[slot] === stored) return ledgerEvents[slot];
  const event = ledgerEventOf(stored);
  storedEvents[slot] = stored;
  ledgerEvents[slot] = event;
  return event;
}
