import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { CreditCaps } from '../../application/credit/credit-caps.ts';
import type { SettlementChain } from '../../application/settlement-chain.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import type { KnownToken } from '../../domain/token-amount.ts';
import { creditContract } from './contract-interfaces.ts';

export class ChainCreditCaps implements CreditCaps {
  readonly #nodes = new Map<string, ChainNode>();

  /** `nodeOf`: the node of a chain that payers may make us ask. */
  constructor(chains: SettlementChains, nodeOf: (chain: SettlementChain) => ChainNode) {
    for (const chain of chains.all()) this.#nodes.set(chain.chainId, nodeOf(chain));
  }

  async leftOf(chainId: string, { address }: KnownToken): Promise<bigint> {
    const node = this.#nodes.get(chainId);
    if (node === undefined) throw new RangeError(`Chain ${chainId} is not configured.`);
    return (await dailyCapOf(node, address)).left;
  }
}

/** In units of the token: what it gives out on one day (UTC) by the time of its chain, and what is left of that. */
export async function dailyCapOf(node: ChainNode, token: string): Promise<{ readonly cap: bigint; readonly left: bigint }> {
  const data = creditContract.encodeFunctionData('dailyCap');
  const answer = await node.call<string>('eth_call', { to: token, data }, 'latest');
  const { cap, left } = creditContract.decodeFunctionResult('dailyCap', answer) as unknown as { cap: bigint; left: bigint };
  return { cap, left };
}
