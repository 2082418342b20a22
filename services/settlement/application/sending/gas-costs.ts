import { type Operation, operationOf, type OrderEvent } from '../../domain/dispatch.events.ts';

/** What gas is counted as: the operation, and apart from that what payers order by themselves. */
export type CostKind = Operation | 'payer-collect';

export function costKindOf(order: OrderEvent): CostKind {
  return order.type === 'CollectOrdered/1' && order.data.byPayer === true ? 'payer-collect' : operationOf(order);
}

/** What a transaction of a provider costs: at most, until it is final; then what it did. */
export interface GasCost {
  /** Of the transaction in the queue. */
  readonly transaction: string;
  readonly provider: string;
  readonly chainId: string;
  readonly operation: CostKind;
  /** Whom it is for, where a payer ordered it. */
  readonly account?: string | undefined;
  /** When it was asked for; of its block once it is final. */
  readonly at: Date;
  readonly gas: bigint;
  /** In wei. */
  readonly fee: bigint;
}

export interface DailyGasCost {
  readonly provider: string;
  readonly chainId: string;
  readonly operation: CostKind;
  /** YYYY-MM-DD (UTC). */
  readonly day: string;
  /** Final transactions, also those that came to nothing. */
  readonly transactions: bigint;
  readonly gas: bigint;
  /** In wei. */
  readonly fee: bigint;
}

/** What was spent for gas, by operation and provider. Every method is durable when it resolves, and safe to repeat. */
export interface GasCosts {
  /** Counts the most that a transaction may cost. What is final already stays. */
  reserve(cost: GasCost): Promise<void>;
  /** Counts nothing for a transaction that was never signed. What is final already stays. */
  release(transaction: string): Promise<void>;
  /** Counts nothing for a transaction that can be in no block any more, also where it was final in one that is gone. */
  forget(transaction: string): Promise<void>;
  /** Counts what it did cost, instead: also of one whose final block was replaced by another one. What was reserved keeps its kind and account. */
  spend(cost: GasCost): Promise<void>;
  /** In wei, reserved or spent since then; `account`: for this one alone; `except`: without what is counted for this transaction. */
  since(
    where: Pick<GasCost, 'provider' | 'chainId'> & {
      readonly operations: readonly CostKind[];
      readonly account?: string;
      readonly except?: string;
    },
    at: Date,
  ): Promise<bigint>;
  /** Of final transactions, both days included, in order of day, chain and operation. */
  byDay(provider: string, period: { readonly from: string; readonly to: string }): Promise<DailyGasCost[]>;
}

/** Nest injection token of the port. */
export const GAS_COSTS = Symbol('GasCosts');
