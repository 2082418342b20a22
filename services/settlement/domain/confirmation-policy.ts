import type { Currency } from '../../money/currency.ts';
import { type Money, moneyOf } from '../../money/money.ts';
import type { MatchedPayment } from './settlement.events.ts';

/** What a payment is for, as far as its confirmation goes. */
export const confirmedKinds = ['invoice', 'top-up', 'ppv', 'deposit', 'credit', 'collect', 'purchase'] as const;
export type ConfirmedKind = (typeof confirmedKinds)[number];

/** How deep a payment lies before the service that it pays for may start. */
export interface ConfirmationRule {
  /** All when absent. */
  readonly kinds?: readonly ConfirmedKind[];
  /** The most that it is for, in fiat; any amount when absent. An amount in another currency does not fit. */
  readonly upTo?: { readonly amount: string; readonly currency: Currency };
  /** 1: its own block is enough. */
  readonly blocks: number;
}

/** The kind of a payment by the log that made it. */
export function confirmedKindOf(name: 'Settled' | 'Collected' | 'Purchased', { purpose }: Pick<MatchedPayment, 'purpose'>): ConfirmedKind {
  if (name === 'Collected') return 'collect';
  if (name === 'Purchased') return 'purchase';
  return purpose.kind === 'title' ? 'ppv' : purpose.kind;
}

/** Blocks that a payment has to be deep, by the first rule that fits; undefined when none does and it waits for finality. */
export function blocksNeeded(rules: readonly ConfirmationRule[], kind: ConfirmedKind, amount: Money): number | undefined {
  return rules.find((rule) => fitsKind(rule, kind) && fitsAmount(rule, amount))?.blocks;
}

/** How many blocks deep a block is below a head: 1 when it is the head itself. */
export function depthOf(block: bigint, head: bigint): bigint {
  return head - block + 1n;
}

function fitsKind({ kinds }: ConfirmationRule, kind: ConfirmedKind): boolean {
  return kinds === undefined || kinds.includes(kind);
}

function fitsAmount({ upTo }: ConfirmationRule, { amount, currency }: Money): boolean {
  if (upTo === undefined) return true;
  return upTo.currency === currency && amount <= moneyOf(upTo.amount, upTo.currency).amount;
}
