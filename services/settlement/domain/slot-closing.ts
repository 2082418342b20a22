import type { SlotEvidence } from './slot.events.ts';
import { type Settlement, standingOf } from './settlement.ts';

/**
 * Why nothing that is asked for in a slot can land at its contract any more, by what is final there of its number; undefined while it can, and
 * where it has.
 */
export function closingOf(effect: Settlement): SlotEvidence | undefined {
  if (effect.status === 'none' || standingOf(effect) !== 'finalized') return undefined;
  const { log, block, unmatched } = effect.seen;
  if (log.name === 'SeqCancelled') return { kind: 'cancelled', block };
  return unmatched === 'quote_unknown' ? { kind: 'taken', block } : undefined;
}
