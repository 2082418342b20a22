import type { NativeTransaction } from '../../domain/native-moves.ts';
import { chainBlockOf } from './chain-block.ts';
import type { NodeQuorum } from './node-quorum.ts';
import type { BlockRange, WatchedBlock } from './watched-node.ts';
import type { CoinReading, WatcherStore } from './watcher-store.ts';

export interface NativeTransactionsOptions {
  readonly chainId: string;
  readonly nodes: NodeQuorum;
  readonly store: Pick<WatcherStore, 'coinReading' | 'keepCoinReading'>;
  /** Blocks that are read in one look. */
  readonly blocksMax: bigint;
}

/**
 * Transactions of final blocks from and to addresses, read block by block, and over several looks where there are many blocks. How far that
 * is, is kept until what was found is told: whoever goes on after a crash reads on.
 */
export class NativeTransactions {
  readonly #options: NativeTransactionsOptions;

  constructor(options: NativeTransactionsOptions) {
    this.#options = options;
  }

  /** What was read of exactly this range, if a part of it was. */
  async begun({ from }: BlockRange, { hash }: WatchedBlock): Promise<CoinReading | undefined> {
    const { chainId, store } = this.#options;
    const reading = await store.coinReading(chainId);
    return reading?.from === from && reading.hash === hash ? reading : undefined;
  }

  /** Blocks from there on were read, or are to be read, up to whichever block. */
  async isWanted({ from }: BlockRange): Promise<boolean> {
    const { chainId, store } = this.#options;
    return (await store.coinReading(chainId))?.from === from;
  }

  /** `last` is the block that the range ends with. Undefined until all of it was read; what throws loses nothing that was read before. */
  async read(
    range: BlockRange,
    last: WatchedBlock,
    { addresses, signal }: { readonly addresses: readonly string[]; readonly signal: AbortSignal | undefined },
  ): Promise<readonly NativeTransaction[] | undefined> {
    const { chainId, store, blocksMax } = this.#options;
    const { next: first, found: before } = (await this.begun(range, last)) ?? { next: range.from, found: [] };
    const [watched, found] = [new Set(addresses), [...before]];
    let next = first;
    const keep = () => store.keepCoinReading(chainId, { from: range.from, hash: last.hash, next, found });
    try {
      for (; next <= range.to; next++) {
        if (next - first === blocksMax || signal?.aborted === true) break;
        found.push(...(await this.#of(next, watched)));
      }
    } catch (error) {
      await keep();
      throw error;
    }
    if (next > range.to) return found;
    await keep();
    return undefined;
  }

  async #of(number: bigint, addresses: ReadonlySet<string>): Promise<NativeTransaction[]> {
    const block = await this.#options.nodes.finalBlock(number);
    const found = await this.#options.nodes.agreedFinal(
      number,
      `the transactions of block ${number}`,
      (node) => node.transactionsOf(addresses, block),
      (list) => list.map(({ tx, from, to, value, fee }) => [tx, from, to, value, fee].join(' ')).join('\n'),
    );
    return found.map((transaction) => ({ ...transaction, block: chainBlockOf(block) }));
  }
}
