import { moneyOf } from '../../money/money.ts';
import { type ChainEffect, isSameLog, observationKey } from './chain-effect.ts';
import { blocksNeeded, type ConfirmationRule, confirmedKindOf, depthOf } from './confirmation-policy.ts';
import type { SettlementObserved } from './settlement.events.ts';
import { type Settlement, standingOf, standsAs } from './settlement.ts';

/** How far a chain is. */
export interface Heads {
  readonly head: bigint;
  readonly finalized: bigint;
}

/** What is to be written next of an effect that is on the canonical chain; undefined when nothing is, for these heads. */
export function nextStep(
  state: Settlement,
  effect: ChainEffect,
  { head, finalized }: Heads,
  rules: readonly ConfirmationRule[],
): 'observe' | 'confirm' | 'finalize' | undefined {
  // The chain moved it to another block after it was final, and somebody has decided that this changes nothing.
  if (standingOf(state) === 'finalized' && state.status !== 'none' && isSameLog(state.seen.log, effect.log)) return undefined;
  if (!standsAs(state, observationKey(effect))) return 'observe';
  if (state.status !== 'observed' && state.status !== 'confirmed') return undefined;
  const block = BigInt(effect.block.number);
  if (block <= finalized) return 'finalize';
  if (state.status === 'confirmed') return undefined;
  const needed = blocksFor(state.seen, rules);
  return needed !== undefined && depthOf(block, head) >= BigInt(needed) ? 'confirm' : undefined;
}

function blocksFor({ log, payment }: SettlementObserved, rules: readonly ConfirmationRule[]): number | undefined {
  if (payment === undefined || (log.name !== 'Settled' && log.name !== 'Collected' && log.name !== 'Purchased')) return undefined;
  return blocksNeeded(rules, confirmedKindOf(log.name, payment), moneyOf(payment.amount, payment.currency));
}
