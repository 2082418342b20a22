import type { ChainNode } from './chain-node.ts';

/** The chain that a local installation runs. Worthless, so keys for it may be well known. */
export const localChainId = '31337';

const oneCoin = 10n ** 18n;

/** Gives a key of the local chain what it needs for gas. On any other chain somebody pays for it, so nothing happens there. */
export async function fund(node: ChainNode, chainId: string, address: string): Promise<void> {
  if (chainId !== localChainId) return;
  if (BigInt(await node.call<string>('eth_getBalance', address, 'latest')) >= oneCoin) return;
  await node.call('anvil_setBalance', address, `0x${(1000n * oneCoin).toString(16)}`);
}
