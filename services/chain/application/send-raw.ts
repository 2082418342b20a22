import { keccak256 } from 'ethers';
import { ChainRefusedFault, UnfundedFault } from './chain-faults.ts';
import type { ChainNode } from './chain-node.ts';

/** Sends what may have been sent before: a node that knows it, or a chain that holds it, is content. */
export async function sendRaw(node: ChainNode, raw: string): Promise<void> {
  try {
    await node.call('eth_sendRawTransaction', raw);
  } catch (error) {
    if (!(error instanceof ChainRefusedFault)) throw error;
    if (await isKnown(node, keccak256(raw))) return;
    throw /insufficient funds/i.test(error.message) ? new UnfundedFault(`A key cannot pay for gas: ${error.message}`) : error;
  }
}

/** Another transaction of this nonce waits in the node's pool, and pays as much. */
export function isUnderpriced(error: unknown): boolean {
  return error instanceof ChainRefusedFault && /underpriced|fee too low|replacement/i.test(error.message);
}

async function isKnown(node: ChainNode, tx: string): Promise<boolean> {
  return (await node.call<object | null>('eth_getTransactionByHash', tx)) !== null;
}
