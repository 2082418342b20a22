import { ChainUnavailableFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { Allowance } from '../../application/checkout/allowance.ts';

/** A node that strangers make us ask. Whatever they do, it is called no more often than the allowance of its chain says. */
export class BudgetedNode implements ChainNode {
  readonly #node: ChainNode;
  readonly #chainId: string;
  readonly #allowance: Allowance;

  constructor(node: ChainNode, chainId: string, allowance: Allowance) {
    this.#node = node;
    this.#chainId = chainId;
    this.#allowance = allowance;
  }

  call<Result>(method: string, ...params: readonly unknown[]): Promise<Result> {
    if (this.#allowance.take(this.#chainId) === 0) return this.#node.call<Result>(method, ...params);
    return Promise.reject(new ChainUnavailableFault(`The calls that checkouts may make to chain ${this.#chainId} are used up for now.`));
  }
}
