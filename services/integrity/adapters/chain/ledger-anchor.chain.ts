import { Interface, ZeroAddress } from 'ethers';
import { ledgerAnchorAbi } from '../../../../contracts/generated/ledger-anchor.ts';
import { WrongChainFault } from '../../../chain/application/chain-faults.ts';
import { type BlockTag, blockOf, type ChainBlock, type ChainNode, hexOf } from '../../../chain/application/chain-node.ts';
import type { TransactionQueue } from '../../../chain/application/transaction-queue.ts';
import type { Call, TransactionSigner } from '../../../chain/application/transaction.ts';
import type { ChainAccess } from '../../../chain/chain-access.ts';
import type { AnchorChain, AnchoredEvent, AnchorRequest, ChainHead } from '../../application/anchor-chain.ts';
import type { ListedChain } from '../../domain/log-policy.ts';
import { anchorCalldata, anchorManyCalldata } from './anchor-calldata.ts';
import { refusalIn } from './anchor-refusal.ts';
import { ListedNode } from './listed-node.ts';

/** Whose keys are used in the contract. */
export interface AnchorKeys {
  walletOf(role: 'admin' | { readonly publisherOf: string }): Promise<TransactionSigner>;
}

interface RpcLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
}

/** What public nodes answer in one go. */
const blocksPerSearch = 5_000n;

const contract = new Interface(ledgerAnchorAbi);

/** The anchor contract on an EVM chain, over JSON-RPC. */
export class LedgerAnchorChain implements AnchorChain {
  readonly listed: ListedChain;
  readonly #node: ChainNode;
  readonly #access: ChainAccess;
  readonly #keys: AnchorKeys;

  constructor(access: ChainAccess, listed: ListedChain, keys: AnchorKeys) {
    this.listed = listed;
    this.#node = new ListedNode(access.node, listed);
    this.#access = access;
    this.#keys = keys;
  }

  block(which: BlockTag | bigint): Promise<ChainBlock | undefined> {
    return blockOf(this.#node, which);
  }

  async latest(logId: string): Promise<ChainHead> {
    const [size, root, seq] = (await this.#read('latest', logId)) as [bigint, string, bigint];
    return { size, root: bytesOf(root), seq };
  }

  async publisherOf(logId: string): Promise<string | undefined> {
    const [publisher] = (await this.#read('publisherOf', logId)) as [string];
    return publisher === ZeroAddress ? undefined : publisher;
  }

  async register(slug: string, logId: string): Promise<void> {
    const { address } = await this.#publisher(slug);
    const data = contract.encodeFunctionData('register', [`0x${logId}`, address]);
    const admin = this.#access.queueOf(await this.#keys.walletOf('admin'));
    await admin.run(`register ${slug}`, { to: this.listed.contract, data });
  }

  async anchored(logId: string, size: bigint, fromBlock: bigint): Promise<AnchoredEvent | undefined> {
    const topics = contract.encodeFilterTopics('Anchored', [`0x${logId}`, size]);
    for await (const event of this.#events(topics, fromBlock)) return event;
    return undefined;
  }

  async allAnchored(logId: string): Promise<AnchoredEvent[]> {
    return Array.fromAsync(this.#events(contract.encodeFilterTopics('Anchored', [`0x${logId}`]), BigInt(this.listed.fromBlock)));
  }

  async rehearse(request: AnchorRequest): Promise<void> {
    const { to, data } = this.callOf([request]);
    const { address } = await this.#publisher(request.slug);
    try {
      await this.#node.call('eth_call', { to, data, from: address }, 'latest');
    } catch (error) {
      throw refusalIn(error);
    }
  }

  callOf(requests: readonly AnchorRequest[]): Call {
    const [first, ...others] = requests;
    const { contract: to, codeHash } = this.listed;
    if (first === undefined) throw new RangeError('A call without an anchor does nothing.');
    return { to, data: others.length === 0 ? anchorCalldata(first, codeHash) : anchorManyCalldata(requests) };
  }

  async queueOf(slug: string): Promise<TransactionQueue> {
    return this.#access.queueOf(await this.#publisher(slug));
  }

  async #read(view: 'latest' | 'publisherOf', logId: string): Promise<unknown> {
    const data = contract.encodeFunctionData(view, [`0x${logId}`]);
    const answer = await this.#node.call<string>('eth_call', { to: this.listed.contract, data }, 'latest');
    if (answer === '0x') throw new WrongChainFault(`Chain ${this.listed.chainId} has no contract at ${this.listed.contract} any more.`);
    return contract.decodeFunctionResult(view, answer);
  }

  async *#events(topics: ReturnType<Interface['encodeFilterTopics']>, fromBlock: bigint): AsyncIterable<AnchoredEvent> {
    const head = BigInt(await this.#node.call<string>('eth_blockNumber'));
    for (let from = fromBlock; from <= head; from += blocksPerSearch) {
      const to = from + blocksPerSearch - 1n;
      const range = { fromBlock: hexOf(from), toBlock: to >= head ? 'latest' : hexOf(to) };
      const logs = await this.#node.call<RpcLog[]>('eth_getLogs', { address: this.listed.contract, topics, ...range });
      for (const log of logs) yield anchoredOf(log);
    }
  }

  #publisher(slug: string): Promise<TransactionSigner> {
    return this.#keys.walletOf({ publisherOf: slug });
  }
}

function anchoredOf(log: RpcLog): AnchoredEvent {
  const { treeSize, root, seq } = contract.parseLog(log)?.args.toObject() as { treeSize: bigint; root: string; seq: bigint };
  const { blockNumber, blockHash, transactionHash } = log;
  return { size: treeSize, root: bytesOf(root), seq, block: BigInt(blockNumber), blockHash, tx: transactionHash };
}

function bytesOf(hexText: string): Buffer {
  return Buffer.from(hexText.slice(2), 'hex');
}
