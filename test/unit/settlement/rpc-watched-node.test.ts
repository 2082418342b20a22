import { describe, expect, it } from '@jest/globals';
import { ChainRefusedFault } from '../../../services/chain/application/chain-faults.ts';
import { RpcWatchedNode } from '../../../services/settlement/adapters/chain/rpc.watched-node.ts';
import { nativeToken } from '../../../services/settlement/application/settlement-chain.ts';

const [holder, token, blockHash] = [`0x${'b1'.repeat(20)}`, `0x${'c2'.repeat(20)}`, `0x${'0f'.repeat(32)}`];

/** A node that refuses everything in these words. */
function refusing(message: string): RpcWatchedNode {
  const call = async (method: string): Promise<never> => {
    throw new ChainRefusedFault(method, message, undefined);
  };
  return new RpcWatchedNode('node 1', { call }, { finality: 'tag' });
}

describe('the state of an old block', () => {
  it.each([
    'missing trie node 7f (path ) state 0x7f is not available',
    'historical state 0x7f is not available',
    "state histories haven't been fully indexed yet",
    'pruned history unavailable',
    'No state available for block 45615500 (0x3f9e02...d11b)',
    'old data not available due to pruning: requested block 6134861',
    'seek with txNum=1962853355 but data before txNum=2662500000 is not available',
    'World state unavailable',
    'State at block #11052984 is pruned',
    'no state found for block number 17',
    'distance to target block exceeds maximum proof window',
    'This request is not supported because your node is running with state pruning. Run with --pruning=archive.',
    'header not found',
  ])('is not known to a node that says %j, which stays well', async (message) => {
    const node = refusing(message);
    await expect(node.balance(nativeToken, holder, blockHash)).resolves.toBeUndefined();
    await expect(node.balance(token, holder, blockHash)).resolves.toBeUndefined();
  });

  it.each(['Too Many Requests: rate limit exceeded', 'internal error', 'execution reverted', 'the method eth_getBalance is not available'])(
    'is not what %j is about',
    async (message) => {
      await expect(refusing(message).balance(nativeToken, holder, blockHash)).rejects.toBeInstanceOf(ChainRefusedFault);
    },
  );
});
