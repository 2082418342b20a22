import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { Call } from '../../../chain/application/transaction.ts';
import type { DispatchFailure, OrderEvent } from '../../domain/dispatch.events.ts';

/** The next transaction of an order. `approve` lets the contract take what a refund pays, and comes before it. */
export interface NextCall {
  readonly step: 'approve' | 'main';
  readonly call: Call;
}

/** What an order means as calls of the contracts. */
export interface DispatchCalls {
  /**
   * What is to be sent next, on the chain as it is: `too-early` where the chain's own time has not come to what would do something, undefined
   * where nothing is left of the order. Throws chain faults.
   */
  next(order: OrderEvent, by: { readonly node: ChainNode; readonly from: string }): Promise<NextCall | 'too-early' | undefined>;
  /**
   * What of the payer's is short, where an order pulls money and a token refused it: tokens say that each in their own words. Undefined where
   * one of our contracts refused. Throws chain faults.
   */
  shortage(order: OrderEvent, by: { readonly node: ChainNode; readonly error: string }): Promise<DispatchFailure | undefined>;
  /** The error that a call was refused with, by the names of the contracts; `undefined` where the fault is no refusal of a contract. */
  errorIn(fault: unknown): string | undefined;
}
