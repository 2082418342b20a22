import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { Refusal, WalletTransaction } from '../../application/checkout/payer-desk.ts';
import { refusalOf } from './refusals.ts';

/** What would happen now; undefined when it would go through. */
export async function simulate(node: ChainNode, transaction: WalletTransaction, block = 'latest'): Promise<Refusal | undefined> {
  try {
    await node.call('eth_call', transaction, block);
    return undefined;
  } catch (error) {
    if (!(error instanceof ChainRefusedFault)) throw error;
    return refusalOf(error.revertData);
  }
}
