import { ChainUnavailableFault, WrongChainFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { ListedChain } from '../../domain/log-policy.ts';
import { codeHashOf } from './deployed-contract.ts';

/**
 * A node that was asked whether it serves the listed chain, with the listed code at the contract's address, before anything else: at the
 * first call, and again after it was away, since another one may have come back.
 */
export class ListedNode implements ChainNode {
  readonly #node: ChainNode;
  readonly #listed: ListedChain;
  #asking: Promise<void> | undefined;

  constructor(node: ChainNode, listed: ListedChain) {
    this.#node = node;
    this.#listed = listed;
  }

  async call<Result>(method: string, ...params: readonly unknown[]): Promise<Result> {
    this.#asking ??= this.#ask();
    try {
      await this.#asking;
    } catch (error) {
      this.#asking = undefined;
      throw error;
    }
    try {
      return await this.#node.call<Result>(method, ...params);
    } catch (error) {
      if (error instanceof ChainUnavailableFault) this.#asking = undefined;
      throw error;
    }
  }

  async #ask(): Promise<void> {
    const { chainId, contract, codeHash } = this.#listed;
    const served = BigInt(await this.#node.call<string>('eth_chainId')).toString();
    if (served !== chainId) throw new WrongChainFault(`The node serves chain ${served}, not ${chainId}.`);
    if ((await codeHashOf(this.#node, contract)) !== codeHash)
      throw new WrongChainFault(`The code at ${contract} on chain ${chainId} is not the one of the anchor contract.`);
  }
}
