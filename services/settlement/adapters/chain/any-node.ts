import { ChainUnavailableFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';

/**
 * The first of several nodes that answers. For what a payer sees before it pays: whoever is lied to here is refused by the contract. What the
 * books believe is asked of a quorum.
 */
export class AnyNode implements ChainNode {
  readonly #nodes: readonly ChainNode[];

  constructor(nodes: readonly ChainNode[]) {
    this.#nodes = nodes;
  }

  async call<Result>(method: string, ...params: readonly unknown[]): Promise<Result> {
    let away: unknown = new ChainUnavailableFault('No node of the chain is configured.');
    for (const node of this.#nodes) {
      try {
        return await node.call<Result>(method, ...params);
      } catch (error) {
        if (!(error instanceof ChainUnavailableFault)) throw error;
        away = error;
      }
    }
    throw away;
  }
}
