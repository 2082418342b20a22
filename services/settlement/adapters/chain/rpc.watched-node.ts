import { AbiCoder, id, keccak256 } from 'ethers';
import { ChainRefusedFault, NodeBehindFault } from '../../../chain/application/chain-faults.ts';
import { type ChainNode, hexOf } from '../../../chain/application/chain-node.ts';
import { type ChainProfile, nativeToken } from '../../application/settlement-chain.ts';
import type {
  BlockRange,
  EscrowPurse,
  LogFilter,
  ProvenLog,
  SlotWord,
  WatchedBlock,
  WatchedNode,
  WatchedTransaction,
} from '../../application/watching/watched-node.ts';
import { NodeAnswerFault } from '../../application/watching/watcher-faults.ts';
import { logsByReceipts, neitherWay } from './block-receipts.ts';
import { isTooMuch, LogPages } from './log-pages.ts';
import {
  blockIn,
  bytesIn,
  type ClaimedLog,
  type ClaimedReceipt,
  costIn,
  isSameLog,
  logsIn,
  quantityIn,
  receiptIn,
  transactionsIn,
} from './node-answers.ts';

/** How nodes say that they do not know a block hash. Some say nothing, which is why the block itself is asked for as well. */
const unknownBlock = /unknown block|not found|unknown header|does not exist|could not be found/i;
/** How they say that they know the block, and its state no more. */
const stateGone = new RegExp(
  [
    'missing trie node|state .*(not available|unavailable)|historical state|state histories',
    'no state (available|found)|data before .* not available|distance to target block|prun(ed|ing)',
  ].join('|'),
  'i',
);

const coder = AbiCoder.defaultAbiCoder();

/** A node over JSON-RPC. */
export class RpcWatchedNode implements WatchedNode {
  readonly name: string;
  readonly #node: ChainNode;
  readonly #finality: ChainProfile['finality'];
  readonly #pages: LogPages;

  constructor(name: string, node: ChainNode, { finality }: Pick<ChainProfile, 'finality'>, pages = new LogPages()) {
    this.name = name;
    this.#node = node;
    this.#finality = finality;
    this.#pages = pages;
  }

  async chainId(): Promise<string> {
    return quantityIn(await this.#node.call('eth_chainId'), 'the number of a chain').toString();
  }

  async heads(): Promise<{ latest: WatchedBlock; finalized: WatchedBlock }> {
    const latest = await this.#mustBlock('latest');
    if (this.#finality === 'tag') return { latest, finalized: await this.#mustBlock('finalized') };
    const depth = BigInt(this.#finality);
    return { latest, finalized: await this.#mustBlock(latest.number > depth ? latest.number - depth : 0n) };
  }

  async block(which: bigint | string): Promise<WatchedBlock | undefined> {
    const byNumber = typeof which === 'bigint';
    const method = byNumber ? 'eth_getBlockByNumber' : 'eth_getBlockByHash';
    const block = blockIn(await this.#node.call(method, byNumber ? hexOf(which) : which, false));
    if (block !== undefined && which !== (byNumber ? block.number : block.hash))
      throw new NodeAnswerFault(`The chain node answered ${method} with another block.`);
    return block;
  }

  async logsIn(filter: LogFilter, { from, to }: BlockRange): Promise<ProvenLog[]> {
    const logs: ProvenLog[] = [];
    for (let at = from; at <= to;) {
      const width = this.#pages.blocks;
      const last = at + width - 1n < to ? at + width - 1n : to;
      const page = await this.#page(filter, { from: at, to: last });
      if (page === 'too wide') continue;
      logs.push(...page);
      if (last - at + 1n === width) this.#pages.grow();
      at = last + 1n;
    }
    return logs;
  }

  async #page(filter: LogFilter, { from, to }: BlockRange): Promise<ProvenLog[] | 'too wide'> {
    // A node that has not come so far answers with what it has, as if there were no more.
    if (quantityIn(await this.#node.call('eth_blockNumber'), 'a number') < to)
      throw new NodeBehindFault(`The chain node has not come to block ${to} yet.`);
    let claimed: ClaimedLog[];
    try {
      claimed = logsIn(await this.#node.call('eth_getLogs', { ...askedOf(filter), fromBlock: hexOf(from), toBlock: hexOf(to) }));
    } catch (error) {
      if (!(error instanceof ChainRefusedFault) || !isTooMuch(error.message)) throw error;
      if (this.#pages.shrink(error.message, from)) return 'too wide';
      if (from < to) throw error;
      return this.#fromReceipts(filter, await this.#mustBlock(from), error);
    }
    if (claimed.some(({ blockNumber }) => blockNumber < from || blockNumber > to))
      throw new NodeAnswerFault(`The chain node answered with logs outside of blocks ${from} to ${to}.`);
    const blocks = new Map<bigint, WatchedBlock>();
    for (const { blockNumber } of claimed) if (!blocks.has(blockNumber)) blocks.set(blockNumber, await this.#mustBlock(blockNumber));
    return this.#proven(filter, claimed, (number) => blocks.get(number));
  }

  async logsOf(filter: LogFilter, block: WatchedBlock): Promise<ProvenLog[] | undefined> {
    if ((await this.block(block.hash)) === undefined) return undefined;
    let claimed: unknown;
    try {
      claimed = await ifKnown(this.#node.call('eth_getLogs', { ...askedOf(filter), blockHash: block.hash }));
    } catch (error) {
      if (!(error instanceof ChainRefusedFault) || !isTooMuch(error.message)) throw error;
      return this.#fromReceipts(filter, block, error);
    }
    if (claimed === undefined) return undefined;
    return this.#proven(filter, logsIn(claimed), (number) => (number === block.number ? block : undefined));
  }

  /** Of a block of which there are more than the node answers with. `refused`: what it said to that. */
  async #fromReceipts(filter: LogFilter, block: WatchedBlock, refused: ChainRefusedFault): Promise<ProvenLog[]> {
    try {
      const logs = await logsByReceipts(this.#node, block);
      if (logs === undefined) throw new NodeBehindFault(`The chain node shows no receipts of block ${block.number}.`);
      return provenFrom(filter, logs, block);
    } catch (error) {
      throw error instanceof ChainRefusedFault ? neitherWay(block, refused, error) : error;
    }
  }

  async logsOfTransaction(filter: LogFilter, tx: string, block: WatchedBlock): Promise<ProvenLog[] | undefined> {
    const receipt = receiptIn((await ifKnown(this.#node.call('eth_getTransactionReceipt', tx))) ?? null);
    if (receipt === undefined) return undefined;
    if (receipt.blockHash !== block.hash) throw new NodeAnswerFault(`The receipt of transaction ${tx} is of another block.`);
    return provenFrom(filter, receipt.isSuccess ? receipt.logs : [], block);
  }

  async transactionsOf(addresses: ReadonlySet<string>, block: WatchedBlock): Promise<WatchedTransaction[] | undefined> {
    const listed = transactionsIn((await ifKnown(this.#node.call('eth_getBlockByHash', block.hash, true))) ?? null);
    if (listed === undefined) return undefined;
    if (listed.hash !== block.hash) throw new NodeAnswerFault('The chain node answered eth_getBlockByHash with another block.');
    const found: WatchedTransaction[] = [];
    for (const { tx, from, to, value } of listed.transactions) {
      if (!addresses.has(from) && (to === undefined || !addresses.has(to))) continue;
      const cost = costIn(await this.#node.call('eth_getTransactionReceipt', tx));
      if (cost?.blockHash !== block.hash) throw new NodeAnswerFault(`The receipt of transaction ${tx} is not of the block that lists it.`);
      const receiver = to ?? cost.created;
      if (receiver === undefined) throw new NodeAnswerFault(`Transaction ${tx} goes to nobody.`);
      found.push({ tx, from, to: receiver, value: cost.isSuccess ? value : 0n, fee: cost.fee });
    }
    return found;
  }

  async blockOf(tx: string): Promise<WatchedBlock | undefined> {
    const receipt = receiptIn((await ifKnown(this.#node.call('eth_getTransactionReceipt', tx))) ?? null);
    return receipt === undefined ? undefined : this.block(receipt.blockHash);
  }

  async codeHash(address: string): Promise<string | undefined> {
    const code = bytesIn(await this.#node.call('eth_getCode', address, 'latest'), 'code');
    return code === '0x' ? undefined : keccak256(code);
  }

  async slots({ contract, view, providerId, word }: SlotWord, blockHash: string): Promise<bigint | undefined> {
    const data = id(`${view}(uint64,uint256)`).slice(0, 10) + coder.encode(['uint64', 'uint256'], [providerId, word]).slice(2);
    return this.#uint256({ to: contract, data }, blockHash);
  }

  async balance(token: string, holder: string, blockHash: string): Promise<bigint | undefined> {
    if (token !== nativeToken) {
      const data = id('balanceOf(address)').slice(0, 10) + coder.encode(['address'], [holder]).slice(2);
      return this.#uint256({ to: token, data }, blockHash);
    }
    const coins = await ifKnown(this.#node.call('eth_getBalance', holder, { blockHash }));
    return coins === undefined ? undefined : quantityIn(coins, 'a balance');
  }

  held({ escrow, providerId, eventId, token }: EscrowPurse, blockHash: string): Promise<bigint | undefined> {
    const asked = coder.encode(['uint64', 'uint64', 'address'], [providerId, eventId, token]).slice(2);
    return this.#uint256({ to: escrow, data: id('heldOf(uint64,uint64,address)').slice(0, 10) + asked }, blockHash);
  }

  supply(token: string, blockHash: string): Promise<bigint | undefined> {
    return this.#uint256({ to: token, data: id('totalSupply()').slice(0, 10) }, blockHash);
  }

  async #uint256(call: { readonly to: string; readonly data: string }, blockHash: string): Promise<bigint | undefined> {
    const answer = await ifKnown(this.#node.call('eth_call', call, { blockHash }));
    if (answer === undefined) return undefined;
    if (bytesIn(answer, 'what a view returned').length === 66) return BigInt(answer as string);
    throw new NodeAnswerFault(`The chain node answered a view of ${call.to} with something else than a number.`);
  }

  async #mustBlock(which: bigint | 'latest' | 'finalized'): Promise<WatchedBlock> {
    const number = typeof which === 'bigint' ? hexOf(which) : which;
    const block = blockIn(await this.#node.call('eth_getBlockByNumber', number, false));
    if (block === undefined || (typeof which === 'bigint' && block.number !== which))
      throw new NodeBehindFault(`The chain node shows no block ${which}.`);
    return block;
  }

  /** Each log once, in the order of the chain, held against the block and the receipt. */
  async #proven(
    filter: LogFilter,
    claimed: readonly ClaimedLog[],
    blockOf: (number: bigint) => WatchedBlock | undefined,
  ): Promise<ProvenLog[]> {
    const receipts = new Map<string, ClaimedReceipt>();
    const proven = new Map<string, { readonly log: ProvenLog; readonly claim: ClaimedLog }>();
    for (const claim of claimed) {
      const block = blockOf(claim.blockNumber);
      if (block?.hash !== claim.blockHash)
        throw new NodeAnswerFault(`The chain node answered with a log of another block ${claim.blockNumber}.`);
      if (!isAskedFor(filter, claim)) throw new NodeAnswerFault('The chain node answered with a log that nobody asked for.');
      const place = `${claim.blockNumber} ${claim.logIndex}`;
      const earlier = proven.get(place);
      if (earlier !== undefined && !isSameLog(earlier.claim, claim))
        throw new NodeAnswerFault('The chain node answered with two logs at one place.');
      if (earlier !== undefined) continue;
      const receipt = receipts.get(claim.tx) ?? (await this.#receipt(claim.tx));
      receipts.set(claim.tx, receipt);
      assertHolds(receipt, claim);
      const { address, topics, data, tx, logIndex } = claim;
      proven.set(place, { claim, log: { address, topics, data, block, tx, logIndex } });
    }
    return [...proven.values()].map(({ log }) => log).toSorted(byPlace);
  }

  async #receipt(tx: string): Promise<ClaimedReceipt> {
    const receipt = receiptIn(await this.#node.call('eth_getTransactionReceipt', tx));
    if (receipt === undefined) throw new NodeAnswerFault(`The chain node has a log of transaction ${tx}, and no receipt.`);
    return receipt;
  }
}

/** What the node answers of a block, or undefined if it does not know the block, or its state. */
async function ifKnown(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ChainRefusedFault && (unknownBlock.test(error.message) || stateGone.test(error.message))) return undefined;
    throw error;
  }
}

function assertHolds({ isSuccess, blockHash, logs }: ClaimedReceipt, claim: ClaimedLog): void {
  const isIn = isSuccess && blockHash === claim.blockHash && logs.some((log) => log.logIndex === claim.logIndex && isSameLog(log, claim));
  if (!isIn) throw new NodeAnswerFault(`The receipt of transaction ${claim.tx} does not hold the log that the chain node answered with.`);
}

/** What was asked for, of logs that stand in receipts. */
function provenFrom(filter: LogFilter, claimed: readonly ClaimedLog[], block: WatchedBlock): ProvenLog[] {
  const logs = claimed.filter((log) => isAskedFor(filter, log));
  return logs.map(({ address, topics, data, tx, logIndex }) => ({ address, topics, data, block, tx, logIndex })).toSorted(byPlace);
}

function askedOf({ addresses, topics }: LogFilter): object {
  return { address: addresses, topics };
}

function isAskedFor({ addresses, topics }: LogFilter, log: ClaimedLog): boolean {
  const hasTopic = (wanted: readonly string[] | null, at: number): boolean => wanted === null || wanted.includes(log.topics[at] ?? '');
  return addresses.includes(log.address) && topics.every(hasTopic);
}

function byPlace(left: ProvenLog, right: ProvenLog): number {
  return Number(left.block.number - right.block.number) || left.logIndex - right.logIndex;
}
