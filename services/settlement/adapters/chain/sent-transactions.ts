import { keccak256, solidityPacked } from 'ethers';
import { type ChainNode, hexOf } from '../../../chain/application/chain-node.ts';
import type { Refusal, SeenTransaction, SentTransaction } from '../../application/checkout/payer-desk.ts';
import { refusalOf } from './refusals.ts';
import { simulate } from './simulation.ts';

/** Blocks that are searched for what took a nonce, behind the block at which the transaction was last seen waiting. */
const searchedBlocksMax = 32n;

interface RpcTransaction {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly nonce: string;
  readonly value: string;
  readonly input: string;
}

/** What became of a transaction, as far as one node knows. Throws chain faults. */
export async function sentTransaction(node: ChainNode, tx: string): Promise<SentTransaction> {
  return (await minedTransaction(node, tx)) ?? waiting(node, tx);
}

/** What took the place of a transaction that no node knows any more. Throws chain faults. */
export async function successorOf(node: ChainNode, seen: SeenTransaction): Promise<SentTransaction> {
  const used = BigInt(await node.call<string>('eth_getTransactionCount', seen.from, 'latest'));
  if (used <= BigInt(seen.nonce)) return { state: 'dropped' };
  return replaced(node, seen, BigInt(await node.call<string>('eth_blockNumber')));
}

async function minedTransaction(node: ChainNode, tx: string): Promise<Extract<SentTransaction, { readonly block: string }> | undefined> {
  const receipt = await node.call<{ readonly status: string; readonly blockNumber: string } | null>('eth_getTransactionReceipt', tx);
  if (receipt === null) return undefined;
  const block = BigInt(receipt.blockNumber);
  if (BigInt(receipt.status) === 1n) return { state: 'included', block: block.toString() };
  return { state: 'reverted', block: block.toString(), refusal: await whyReverted(node, tx, block) };
}

async function waiting(node: ChainNode, tx: string): Promise<SentTransaction> {
  const [transaction, height] = await Promise.all([
    node.call<RpcTransaction | null>('eth_getTransactionByHash', tx),
    node.call<string>('eth_blockNumber'),
  ]);
  if (transaction === null) return { state: 'unknown' };
  const nonce = BigInt(transaction.nonce).toString();
  const from = transaction.from.toLowerCase();
  return { state: 'pending', from, nonce, call: callOf(transaction), height: BigInt(height).toString() };
}

/** The nonce is used: by the same payment with a higher fee, by nothing to the wallet itself, or by something else. */
async function replaced(node: ChainNode, seen: SeenTransaction, height: bigint): Promise<SentTransaction> {
  const other = await takerOfNonce(node, seen, height);
  if (other === undefined) return { state: 'replaced' };
  const by = other.hash.toLowerCase();
  if (callOf(other) === seen.call) {
    const mined = await minedTransaction(node, by);
    return mined === undefined ? { state: 'replaced', by } : { ...mined, by };
  }
  const isNothing = other.to?.toLowerCase() === seen.from && BigInt(other.value) === 0n && other.input === '0x';
  return { state: isNothing ? 'cancelled' : 'replaced', by };
}

async function takerOfNonce(node: ChainNode, { from, nonce, height: since }: SeenTransaction, height: bigint) {
  const first = BigInt(since);
  const last = height < first + searchedBlocksMax ? height : first + searchedBlocksMax;
  for (let number = first; number <= last; number++) {
    const block = await node.call<{ readonly transactions: readonly RpcTransaction[] } | null>('eth_getBlockByNumber', hexOf(number), true);
    const found = block?.transactions.find((each) => each.from.toLowerCase() === from && BigInt(each.nonce) === BigInt(nonce));
    if (found !== undefined) return found;
  }
  return undefined;
}

function callOf({ to, value, input }: RpcTransaction): string {
  return keccak256(solidityPacked(['string', 'uint256', 'bytes'], [to?.toLowerCase() ?? '', BigInt(value), input]));
}

/** A receipt does not say why: the same call is made again on the state before its block, or where that is gone, on the newest. */
async function whyReverted(node: ChainNode, tx: string, block: bigint): Promise<Refusal> {
  const transaction = await node.call<RpcTransaction | null>('eth_getTransactionByHash', tx);
  if (transaction?.to === undefined || transaction.to === null) return refusalOf(undefined);
  const { from, to, value, input } = transaction;
  const again = { from, to, value, data: input };
  return (await simulate(node, again, hexOf(block - 1n))) ?? (await simulate(node, again)) ?? refusalOf(undefined);
}
