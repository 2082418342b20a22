import { Interface, JsonRpcProvider, keccak256, type LogDescription } from 'ethers';
import type { ListedChain } from './policy.ts';
import type { Findings } from './findings.ts';

/** An anchor that is final: an event of the contract in a block that the node says is finalised. */
export interface Anchor {
  readonly chainId: bigint;
  readonly size: bigint;
  readonly root: Buffer;
  readonly seq: bigint;
  readonly block: number;
  /** Of its block, in milliseconds. */
  readonly timeMs: number;
  readonly tx: string;
}

/** A block as the node has it, or undefined for one that is not final. */
export interface FinalBlock {
  readonly hash: string;
  readonly timeMs: number;
}

const contract = new Interface([
  'event LogRegistered(bytes32 indexed logId, address publisher)',
  'event Anchored(bytes32 indexed logId, uint64 indexed treeSize, bytes32 root, bytes32 prevRoot, uint64 seq)',
  'event PublisherRotated(bytes32 indexed logId, address from, address to)',
  'event Frozen(bytes32 indexed logId)',
  'function latest(bytes32 logId) view returns (uint64 size, bytes32 root, uint64 seq)',
]);
const blocksPerSearch = 5_000;
/** What a contract may hold of a log before its first anchor: nothing, or the root of the empty tree. */
const emptyRoots = new Set([`0x${'0'.repeat(64)}`, '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']);

/** One chain through one node. What the node cannot answer makes the check unverifiable, never valid. */
export class ChainReader {
  readonly chainId: bigint;
  readonly finalized: number;
  readonly #provider: JsonRpcProvider;
  readonly #blocks = new Map<number, FinalBlock | undefined>();

  private constructor(provider: JsonRpcProvider, chainId: bigint, finalized: number) {
    this.#provider = provider;
    this.chainId = chainId;
    this.finalized = finalized;
  }

  /** Throws an `Error` that says what the node does not do. */
  static async open(url: string): Promise<ChainReader> {
    const provider = new JsonRpcProvider(url, undefined, { staticNetwork: false, batchMaxCount: 50, cacheTimeout: -1 });
    try {
      const chainId = BigInt((await provider.send('eth_chainId', [])) as string);
      const block = (await provider.send('eth_getBlockByNumber', ['finalized', false])) as { readonly number: string } | null;
      if (block === null) throw new Error('it knows no finalised block');
      return new ChainReader(provider, chainId, Number(block.number));
    } catch (error) {
      provider.destroy();
      throw new Error(`The node at ${url} does not answer: ${reasonOf(error)}.`, { cause: error });
    }
  }

  close(): void {
    this.#provider.destroy();
  }

  /** The final anchors of a log in the order of their sizes. Says in `findings` what is wrong with them (V1). */
  async anchors({ contract: address, fromBlock, codeHash }: ListedChain, logId: string, findings: Findings): Promise<Anchor[]> {
    const code = (await this.#provider.send('eth_getCode', [address, 'latest'])) as string;
    if (code === '0x') findings.invalid('V1', `There is no contract at ${address} on chain ${this.chainId}.`);
    else if (keccak256(code) !== codeHash) findings.invalid('V1', `The code at ${address} is not the one that the genesis names.`);
    const events = await this.#events(address, logId, Number(fromBlock));
    const anchors = await this.#read(events, findings);
    await this.#compareLatest({ address, logId, anchors, findings });
    return anchors;
  }

  /** A block by its number; undefined when it is not final or not there. */
  async finalBlock(number: number): Promise<FinalBlock | undefined> {
    if (number > this.finalized) return undefined;
    if (!this.#blocks.has(number)) {
      const block = (await this.#provider.send('eth_getBlockByNumber', [`0x${number.toString(16)}`, false])) as RpcBlock | null;
      this.#blocks.set(number, block === null ? undefined : { hash: block.hash, timeMs: Number(block.timestamp) * 1_000 });
    }
    return this.#blocks.get(number);
  }

  async #events(address: string, logId: string, fromBlock: number): Promise<FoundEvent[]> {
    const found: FoundEvent[] = [];
    for (let from = fromBlock; from <= this.finalized; from += blocksPerSearch) {
      const to = Math.min(from + blocksPerSearch - 1, this.finalized);
      const logs = await this.#provider.getLogs({ address, fromBlock: from, toBlock: to, topics: [null, logId] });
      for (const log of logs) {
        const event = contract.parseLog(log);
        if (event !== null) found.push({ event, block: log.blockNumber, tx: log.transactionHash });
      }
    }
    return found;
  }

  async #read(events: readonly FoundEvent[], findings: Findings): Promise<Anchor[]> {
    const anchors: Anchor[] = [];
    let isFrozen = false;
    let root: string | undefined;
    for (const { event, block, tx } of events) {
      if (event.name === 'Frozen') isFrozen = true;
      if (event.name !== 'Anchored') continue;
      const [, size, newRoot, prevRoot, seq] = event.args as unknown as [string, bigint, string, string, bigint];
      const last = anchors.at(-1);
      if (isFrozen) findings.invalid('V1', `Transaction ${tx} anchored a frozen log.`);
      if (seq !== (last?.seq ?? 0n) + 1n) findings.invalid('V1', `Anchor ${seq} follows anchor ${last?.seq ?? 0n}: one is missing.`);
      if (size <= (last?.size ?? 0n)) findings.invalid('V1', `Anchor ${seq} has size ${size}, not above ${last?.size ?? 0n}.`);
      if (root === undefined ? !emptyRoots.has(prevRoot) : prevRoot !== root)
        findings.invalid('V1', `Anchor ${seq} does not follow the root before it.`);
      root = newRoot;
      const at = await this.finalBlock(block);
      if (at === undefined) throw new Error(`The node does not give block ${block}.`);
      anchors.push({ chainId: this.chainId, size, root: Buffer.from(newRoot.slice(2), 'hex'), seq, block, timeMs: at.timeMs, tx });
    }
    return anchors;
  }

  /** A local node that was restarted has no state at older blocks; then the events, which it keeps, are all there is. */
  async #compareLatest({ address, logId, anchors, findings }: LatestCheck): Promise<void> {
    const data = contract.encodeFunctionData('latest', [logId]);
    let answer: string;
    try {
      answer = (await this.#provider.send('eth_call', [{ to: address, data }, `0x${this.finalized.toString(16)}`])) as string;
    } catch {
      return;
    }
    if (answer === '0x') return;
    const [size, root] = contract.decodeFunctionResult('latest', answer) as unknown as [bigint, string];
    const last = anchors.at(-1);
    const isSame = size === (last?.size ?? 0n) && (last === undefined || root === `0x${last.root.toString('hex')}`);
    if (!isSame) findings.invalid('V1', `The contract holds ${size} leaves, its events end at ${last?.size ?? 0n}.`);
  }
}

interface FoundEvent {
  readonly event: LogDescription;
  readonly block: number;
  readonly tx: string;
}

interface RpcBlock {
  readonly hash: string;
  readonly timestamp: string;
}

interface LatestCheck {
  readonly address: string;
  readonly logId: string;
  readonly anchors: readonly Anchor[];
  readonly findings: Findings;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? ((error as { readonly shortMessage?: string }).shortMessage ?? error.message) : String(error);
}
