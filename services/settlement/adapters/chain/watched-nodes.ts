import { chainNodeAt } from '../../../chain/chain-access.ts';
import type { SettlementChain } from '../../application/settlement-chain.ts';
import { RpcWatchedNode } from './rpc.watched-node.ts';

/** The nodes of a chain, called by their place in the configuration: their addresses may hold passwords. */
export function watchedNodesOf({ rpcUrls, profile }: Pick<SettlementChain, 'rpcUrls' | 'profile'>): RpcWatchedNode[] {
  return rpcUrls.map((url, index) => new RpcWatchedNode(`node ${index + 1}`, chainNodeAt(url), profile));
}
