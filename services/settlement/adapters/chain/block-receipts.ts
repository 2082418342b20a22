import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { WatchedBlock } from '../../application/watching/watched-node.ts';
import { NodeAnswerFault } from '../../application/watching/watcher-faults.ts';
import { type ClaimedLog, listedTransactionsIn, receiptsIn } from './node-answers.ts';

/**
 * Every log of a block, from the receipts of all its transactions: for a block that holds more logs than the node answers with at once. The receipts
 * have to be those of the transactions that the block lists, each in its place, and their logs to be counted through the block, so that none is left
 * out in between. Undefined where the node does not know the block (any more). Throws `ChainRefusedFault` where it has no such method.
 */
export async function logsByReceipts(node: ChainNode, { number, hash }: WatchedBlock): Promise<ClaimedLog[] | undefined> {
  const listed = listedTransactionsIn(await node.call('eth_getBlockByHash', hash, false));
  const receipts = receiptsIn(await node.call('eth_getBlockReceipts', hash));
  if (listed === undefined || receipts === undefined) return undefined;
  if (listed.hash !== hash) throw new NodeAnswerFault('The chain node answered eth_getBlockByHash with another block.');
  if (listed.transactions.join(' ') !== receipts.map(({ tx }) => tx).join(' '))
    throw new NodeAnswerFault(`The chain node answered with other receipts than those of the transactions of block ${number}.`);
  const logs = receipts.flatMap((receipt) => {
    const isOf = receipt.logs.every((log) => log.tx === receipt.tx && log.blockHash === hash && log.blockNumber === number);
    if (receipt.blockHash === hash && isOf && (receipt.isSuccess || receipt.logs.length === 0)) return receipt.logs;
    throw new NodeAnswerFault(`The receipt of transaction ${receipt.tx} does not fit block ${number}.`);
  });
  if (logs.some(({ logIndex }, at) => logIndex !== at))
    throw new NodeAnswerFault(`The receipts of block ${number} leave logs out, or hold some twice.`);
  return logs;
}

/** Says what an operator has to look for in a node: both ways to the logs of a block are closed. */
export function neitherWay({ number }: WatchedBlock, logs: ChainRefusedFault, receipts: ChainRefusedFault): ChainRefusedFault {
  const text = `${logs.message} ${receipts.message} Block ${number} holds more logs than it answers with, so its logs need a node that answers with more, or with the receipts of a block.`;
  return new ChainRefusedFault(receipts.method, text, undefined);
}
