import { Interface } from 'ethers';
import { ledgerAnchorAbi } from '../../../../contracts/generated/ledger-anchor.ts';
import {
  type AnchorChain,
  type AnchoredEvent,
  AnchorRefusedFault,
  type AnchorRefusal,
  type AnchorRequest,
  type BlockTag,
  type ChainBlock,
  type ChainHead,
  type ReplacedTransaction,
  type SignedTransaction,
} from '../../application/anchor-chain.ts';
import { ChainRefusedFault, WrongChainFault } from '../../application/chain-faults.ts';
import type { ListedChain } from '../../domain/log-policy.ts';
import { anchorCalldata } from './anchor-calldata.ts';
import type { ChainKeyFiles } from './chain-key-files.ts';
import { codeHashOf } from './deployed-contract.ts';
import type { JsonRpc } from './json-rpc.ts';
import { fund } from './local-funds.ts';
import { nonceOf, sendRaw, signCall, transact } from './transactions.ts';

interface RpcBlock {
  readonly number: string;
  readonly hash: string;
  readonly timestamp: string;
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

const refusals: Readonly<Record<string, AnchorRefusal>> = {
  LedgerAnchorSizeMismatch: 'moved',
  LedgerAnchorNotAhead: 'moved',
  LedgerAnchorInconsistent: 'inconsistent',
  LedgerAnchorFrozen: 'frozen',
  LedgerAnchorNotPublisher: 'not_publisher',
  LedgerAnchorNotRegistered: 'not_registered',
};

/** The anchor contract on an EVM chain, over JSON-RPC. */
export class LedgerAnchorChain implements AnchorChain {
  readonly listed: ListedChain;
  readonly #rpc: JsonRpc;
  readonly #keys: ChainKeyFiles;
  #registering: Promise<void> = Promise.resolve();

  private constructor(rpc: JsonRpc, listed: ListedChain, keys: ChainKeyFiles) {
    this.#rpc = rpc;
    this.listed = listed;
    this.#keys = keys;
  }

  /** Asks the node for its chain and for the contract's code first: a node of another chain throws `WrongChainFault`. */
  static async open(rpc: JsonRpc, listed: ListedChain, keys: ChainKeyFiles): Promise<LedgerAnchorChain> {
    const chainId = BigInt(await rpc.call<string>('eth_chainId')).toString();
    if (chainId !== listed.chainId) throw new WrongChainFault(`The node serves chain ${chainId}, not ${listed.chainId}.`);
    if ((await codeHashOf(rpc, listed.contract)) !== listed.codeHash)
      throw new WrongChainFault(`The code at ${listed.contract} on chain ${chainId} is not the one of the anchor contract.`);
    return new LedgerAnchorChain(rpc, listed, keys);
  }

  async block(which: BlockTag | bigint): Promise<ChainBlock | undefined> {
    const block = await this.#rpc.call<RpcBlock | null>('eth_getBlockByNumber', typeof which === 'bigint' ? hex(which) : which, false);
    return block === null ? undefined : { number: BigInt(block.number), hash: block.hash, timestamp: BigInt(block.timestamp) };
  }

  async latest(logId: string): Promise<ChainHead> {
    const data = contract.encodeFunctionData('latest', [`0x${logId}`]);
    const answer = await this.#rpc.call<string>('eth_call', { to: this.listed.contract, data }, 'latest');
    if (answer === '0x') throw new WrongChainFault(`Chain ${this.listed.chainId} has no contract at ${this.listed.contract} any more.`);
    const [size, root, seq] = contract.decodeFunctionResult('latest', answer) as unknown as [bigint, string, bigint];
    return { size, root: bytesOf(root), seq };
  }

  async register(slug: string, logId: string): Promise<void> {
    const { address } = await this.#publisher(slug);
    const data = contract.encodeFunctionData('register', [`0x${logId}`, address]);
    const admin = await this.#keys.walletOf('admin');
    // One after the other: the admin's transactions share a nonce.
    const before = this.#registering;
    this.#registering = before.then(async () => {
      await fund(this.#rpc, this.listed.chainId, admin.address);
      await transact(this.#rpc, admin, { to: this.listed.contract, data });
    });
    const registered = this.#registering;
    this.#registering = registered.catch(() => undefined);
    await registered;
  }

  async anchored(logId: string, size: bigint, fromBlock: bigint): Promise<AnchoredEvent | undefined> {
    const topics = contract.encodeFilterTopics('Anchored', [`0x${logId}`, size]);
    for await (const event of this.#events(topics, fromBlock)) return event;
    return undefined;
  }

  async allAnchored(logId: string): Promise<AnchoredEvent[]> {
    return Array.fromAsync(this.#events(contract.encodeFilterTopics('Anchored', [`0x${logId}`]), BigInt(this.listed.fromBlock)));
  }

  async sign(request: AnchorRequest, replaced?: ReplacedTransaction): Promise<SignedTransaction> {
    const publisher = await this.#publisher(request.slug);
    await fund(this.#rpc, this.listed.chainId, publisher.address);
    const data = anchorCalldata(request, this.listed.codeHash);
    try {
      return await signCall(this.#rpc, publisher, { to: this.listed.contract, data }, replaced);
    } catch (error) {
      throw refusalIn(error);
    }
  }

  async send(slug: string, raw: string): Promise<void> {
    // Again, since a local chain that was killed forgets its last second, and what was given in it.
    await fund(this.#rpc, this.listed.chainId, (await this.#publisher(slug)).address);
    await sendRaw(this.#rpc, raw);
  }

  async nonceOf(slug: string): Promise<bigint> {
    return nonceOf(this.#rpc, (await this.#publisher(slug)).address);
  }

  async *#events(topics: ReturnType<Interface['encodeFilterTopics']>, fromBlock: bigint): AsyncIterable<AnchoredEvent> {
    const head = BigInt(await this.#rpc.call<string>('eth_blockNumber'));
    for (let from = fromBlock; from <= head; from += blocksPerSearch) {
      const to = from + blocksPerSearch - 1n;
      const range = { fromBlock: hex(from), toBlock: to >= head ? 'latest' : hex(to) };
      const logs = await this.#rpc.call<RpcLog[]>('eth_getLogs', { address: this.listed.contract, topics, ...range });
      for (const log of logs) yield anchoredOf(log);
    }
  }

  #publisher(slug: string) {
    return this.#keys.walletOf({ publisherOf: slug });
  }
}

function anchoredOf(log: RpcLog): AnchoredEvent {
  const { treeSize, root, seq } = contract.parseLog(log)?.args.toObject() as { treeSize: bigint; root: string; seq: bigint };
  const { blockNumber, blockHash, transactionHash } = log;
  return { size: treeSize, root: bytesOf(root), seq, block: BigInt(blockNumber), blockHash, tx: transactionHash };
}

/** What the contract refused, or the error itself where it was not the contract. */
function refusalIn(error: unknown): unknown {
  if (!(error instanceof ChainRefusedFault) || error.revertData === undefined) return error;
  const named = contract.parseError(error.revertData);
  if (named === null) return new AnchorRefusedFault('other', `it reverts with ${error.revertData}`);
  return new AnchorRefusedFault(refusals[named.name] ?? 'other', `${named.name}(${named.args.join(', ')})`);
}

function bytesOf(hexText: string): Buffer {
  return Buffer.from(hexText.slice(2), 'hex');
}

function hex(number: bigint): string {
  return `0x${number.toString(16)}`;
}
