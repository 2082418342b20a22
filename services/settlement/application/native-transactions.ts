import type { ChainBlock } from '../domain/chain-effect.ts';
import type { NativeTransaction } from '../domain/native-moves.ts';
import type { NodeQuorum } from './node-quorum.ts';
import type { BlockRange, WatchedBlock } from './watched-node.ts';

/** What was read of a range so far, until another one is read. It is all read again after a crash: nothing of it was told. */
interface Reading {
  readonly from: bigint;
  /** Of the last block. */
  readonly hash: string;
  readonly found: NativeTransaction[];
  next: bigint;
}

/** Transactions of final blocks from and to addresses, read block by block, and over several looks where there are many blocks. */
export class NativeTransactions {
  readonly #nodes: NodeQuorum;
  readonly #blocksMax: bigint;
  #reading: Reading | undefined;

  constructor(nodes: NodeQuorum, blocksMax: bigint) {
    this.#nodes = nodes;
    this.#blocksMax = blocksMax;
  }

  /** Whether exactly this range was read, or a part of it. */
  isReading({ from }: BlockRange, { hash }: WatchedBlock): boolean {
    return this.#reading?.from === from && this.#reading.hash === hash;
  }

  /** `last` is the block that the range ends with. Undefined until all of it was read; what throws loses nothing that was read before. */
  async read(
    range: BlockRange,
    last: WatchedBlock,
    { addresses, signal }: { readonly addresses: readonly string[]; readonly signal: AbortSignal | undefined },
  ): Promise<readonly NativeTransaction[] | undefined> {
    if (this.#reading === undefined || !this.isReading(range, last))
      this.#reading = { from: range.from, hash: last.hash, found: [], next: range.from };
    const reading = this.#reading;
    const watched = new Set(addresses);
    for (let read = 0n; reading.next <= range.to; read++) {
      if (read === this.#blocksMax || signal?.aborted === true) return undefined;
      reading.found.push(...(await this.#of(reading.next, watched)));
      reading.next++;
    }
    return reading.found;
  }

  async #of(number: bigint, addresses: ReadonlySet<string>): Promise<NativeTransaction[]> {
    const block = await this.#nodes.finalBlock(number);
    const found = await this.#nodes.agreedFinal(
      number,
      `the transactions of block ${number}`,
      (node) => node.transactionsOf(addresses, block),
      (list) => list.map(({ tx, from, to, value, fee }) => [tx, from, to, value, fee].join(' ')).join('\n'),
    );
    return found.map((transaction) => ({ ...transaction, block: placeOf(block) }));
  }
}

/** A block as effects name it. */
export function placeOf({ number, hash, timestamp }: WatchedBlock): ChainBlock {
  return { number: number.toString(), hash, time: new Date(Number(timestamp) * 1000).toISOString() };
}
