import { localChainId } from './chain-key-files.ts';
import type { JsonRpc } from './json-rpc.ts';

const oneCoin = 10n ** 18n;

/** Gives a key of the local chain what it needs for gas. On any other chain somebody pays for it, so nothing happens there. */
export async function fund(rpc: JsonRpc, chainId: string, address: string): Promise<void> {
  if (chainId !== localChainId) return;
  if (BigInt(await rpc.call<string>('eth_getBalance', address, 'latest')) >= oneCoin) return;
  await rpc.call('anvil_setBalance', address, `0x${(1000n * oneCoin).toString(16)}`);
}
