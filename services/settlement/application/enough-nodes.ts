import { ChainFault, ChainUnavailableFault } from '../../chain/application/chain-faults.ts';
import { quorumOf, type SettlementChain } from './settlement-chain.ts';

/**
 * What as many nodes of a chain say as have to agree: the first that answer, in their order, and no node more. `undefined` of a node means
 * that it does not know; that and its fault leave it out. What the answers come to together is for the caller. Throws
 * `ChainUnavailableFault` where too few answer.
 */
export async function askEnough<Node, Answer extends object>(
  chain: Pick<SettlementChain, 'chainId' | 'rpcUrls'>,
  nodes: Iterable<Node>,
  ask: (node: Node) => Promise<Answer | undefined>,
): Promise<readonly Answer[]> {
  const quorum = quorumOf(chain);
  const said: Answer[] = [];
  for (const node of nodes) {
    const answer = await ask(node).catch(unlessChainFault);
    if (answer !== undefined && said.push(answer) === quorum) return said;
  }
  throw new ChainUnavailableFault(`Too few nodes of chain ${chain.chainId} answer.`);
}

/** Another node may answer. */
function unlessChainFault(error: unknown): undefined {
  if (!(error instanceof ChainFault)) throw error;
}
