import type { QueuedTransaction } from '../../chain/application/transaction.ts';
import { logsIn } from './anchor-subject.ts';

/** What a log paid for one final transaction. */
export interface AnchorCost {
  readonly chainId: string;
  readonly tx: string;
  /** The provider's slug. */
  readonly log: string;
  /** Of the block. */
  readonly at: Date;
  readonly gas: bigint;
  /** In wei. */
  readonly fee: bigint;
}

/** What anchoring cost a log on a chain on one day (UTC). */
export interface DailyAnchorCost {
  readonly log: string;
  readonly chainId: string;
  /** YYYY-MM-DD. */
  readonly day: string;
  /** Transactions with anchors of the log, also those that came to nothing. */
  readonly transactions: bigint;
  /** Anchors of the log that these transactions brought. */
  readonly anchors: bigint;
  readonly gas: bigint;
  /** In wei. */
  readonly fee: bigint;
}

export interface CostPeriod {
  /** YYYY-MM-DD, both days count. */
  readonly from: string;
  readonly to: string;
}

/** What anchoring cost. */
export interface AnchorCostStore {
  /** Durable when it resolves; a cost that is kept stays. */
  keep(costs: readonly AnchorCost[]): Promise<void>;
  /** In order of day, log and chain. */
  byDay(period: CostPeriod): Promise<DailyAnchorCost[]>;
}

/** Divides what a final transaction cost among its logs, equally; what does not divide goes to the first ones, so the shares sum to the whole. */
export function costsOf({ chainId, subject, place }: QueuedTransaction): AnchorCost[] {
  const logs = logsIn(subject);
  if (place === undefined) return [];
  const { tx, at, gas, fee } = place;
  return logs.map((log, index) => ({ chainId, tx, log, at, gas: shareOf(gas, logs.length, index), fee: shareOf(fee, logs.length, index) }));
}

function shareOf(whole: bigint, parts: number, index: number): bigint {
  const count = BigInt(parts);
  return whole / count + (BigInt(index) < whole % count ? 1n : 0n);
}
