import type { LogReader } from './log-reader.ts';
import type { NodeQuorum } from './node-quorum.ts';
import type { BlockRange, LogFilter, ProvenLog, WatchedBlock } from './watched-node.ts';
import { QuorumFault } from './watcher-faults.ts';
import type { Checkpoint, WatchedContract, WatchedLog } from './watcher-store.ts';

/** Logs of contracts, as the quorum of nodes has proven them, and what they mean. */
export class ChainLogs {
  readonly #chainId: string;
  readonly #nodes: NodeQuorum;
  readonly #reader: LogReader;

  constructor(chainId: string, nodes: NodeQuorum, reader: LogReader) {
    this.#chainId = chainId;
    this.#nodes = nodes;
    this.#reader = reader;
  }

  /** Of final blocks. */
  async inRange(contracts: readonly WatchedContract[], range: BlockRange): Promise<WatchedLog[]> {
    return this.#read(contracts, await this.provenIn(this.#filterOf(contracts), range));
  }

  /** Of one block, whatever becomes of it. */
  async inBlock(contracts: readonly WatchedContract[], block: WatchedBlock): Promise<WatchedLog[]> {
    const filter = this.#filterOf(contracts);
    const logs = await this.#nodes.agreed(`the logs of block ${block.number}`, (node) => node.logsOf(filter, block), textOf);
    return this.#read(contracts, logs);
  }

  /** Of a block that was seen before. Throws `QuorumFault` if too few nodes know it. */
  async inKnownBlock(contracts: readonly WatchedContract[], { number, hash }: Checkpoint): Promise<WatchedLog[]> {
    const block = await this.#nodes.shownBlock(number);
    if (block?.hash !== hash) throw new QuorumFault(`Too few nodes show block ${hash} at ${number}.`);
    return this.inBlock(contracts, block);
  }

  /** Of one transaction of a final block, from its receipt. */
  async inTransaction(
    contracts: readonly WatchedContract[],
    { number, tx }: { readonly number: bigint; readonly tx: string },
  ): Promise<WatchedLog[]> {
    const [filter, block] = [this.#filterOf(contracts), await this.#nodes.finalBlock(number)];
    const what = `the logs of transaction ${tx}`;
    return this.#read(contracts, await this.#nodes.agreedFinal(number, what, (node) => node.logsOfTransaction(filter, tx, block), textOf));
  }

  /** Of final blocks, not yet read. */
  provenIn(filter: LogFilter, range: BlockRange): Promise<ProvenLog[]> {
    const what = `the logs of blocks ${range.from} to ${range.to}`;
    return this.#nodes.agreedFinal(range.to, what, (node) => node.logsIn(filter, range), textOf);
  }

  #filterOf(contracts: readonly WatchedContract[]): LogFilter {
    const topics = new Set(contracts.flatMap(({ module }) => this.#reader.topicsOf(module)));
    return { addresses: contracts.map(({ address }) => address), topics: [[...topics]] };
  }

  #read(contracts: readonly WatchedContract[], logs: readonly ProvenLog[]): WatchedLog[] {
    const byAddress = new Map(contracts.map((contract) => [contract.address, contract]));
    return logs.flatMap((log) => {
      const contract = byAddress.get(log.address);
      const isKnown = contract !== undefined && this.#reader.topicsOf(contract.module).includes(log.topics[0] ?? '');
      return isKnown ? [this.#reader.read(this.#chainId, contract, log)] : [];
    });
  }
}

/** The same for nodes that say the same. */
function textOf(logs: readonly ProvenLog[]): string {
  return logs
    .map(({ address, topics, data, block: { number, hash, timestamp }, tx, logIndex }) =>
      [address, ...topics, data, number, hash, timestamp, tx, logIndex].join(' '),
    )
    .join('\n');
}
