import { ChainUnavailableFault } from './chain-faults.ts';
import { blockOf, type ChainNode } from './chain-node.ts';
import type { QueuedTransaction, TransactionPlace } from './transaction.ts';

interface RpcReceipt {
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly contractAddress: string | null;
  /** `0x1` when it took effect. */
  readonly status: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice: string;
  /** On OP-stack chains: what the layer below charges for the data. */
  readonly l1Fee?: string;
}

/** The block that holds one of the signed versions, as the chain is now; undefined where none does. */
export async function placeOf(node: ChainNode, { attempts }: QueuedTransaction): Promise<TransactionPlace | undefined> {
  for (const { tx, isCancel } of attempts.toReversed()) {
    const receipt = await node.call<RpcReceipt | null>('eth_getTransactionReceipt', tx);
    if (receipt === null) continue;
    const block = await blockOf(node, BigInt(receipt.blockNumber));
    if (block?.hash !== receipt.blockHash) throw new ChainUnavailableFault(`Block ${receipt.blockNumber} changed while it was asked for.`);
    const outcome = receipt.status !== '0x1' ? 'reverted' : isCancel ? 'cancelled' : 'succeeded';
    return {
      ...{ tx, outcome, block: block.number, blockHash: block.hash, at: new Date(Number(block.timestamp) * 1000) },
      contract: receipt.contractAddress?.toLowerCase() ?? undefined,
      gas: BigInt(receipt.gasUsed),
      fee: BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice) + BigInt(receipt.l1Fee ?? '0x0'),
    };
  }
  return undefined;
}
