import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { Refusal, WalletTransaction } from '../../application/checkout/payer-desk.ts';
import { refusalOf } from './refusals.ts';

/** Prices follow on each other by the clock, and the newest block may be from before the last change. */
const notYet = 'ProviderSettlementQuoteNotYetValid';

/** What would happen now; undefined when it would go through. What is good from a moment ago on goes through in the next block, where a node makes that up. */
export async function simulate(node: ChainNode, transaction: WalletTransaction, block = 'latest'): Promise<Refusal | undefined> {
  const refusal = await tried(node, transaction, block);
  if (refusal?.code !== notYet || block !== 'latest') return refusal;
  try {
    return await tried(node, transaction, 'pending');
  } catch (error) {
    if (!(error instanceof ChainRefusedFault)) throw error;
    return refusal; // It knows no block that is not there yet.
  }
}

async function tried(node: ChainNode, transaction: WalletTransaction, block: string): Promise<Refusal | undefined> {
  try {
    await node.call('eth_call', transaction, block);
    return undefined;
  } catch (error) {
    if (!(error instanceof ChainRefusedFault) || (block === 'pending' && error.revertData === undefined)) throw error;
    return refusalOf(error.revertData);
  }
}
