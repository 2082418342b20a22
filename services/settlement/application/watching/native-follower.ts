import { isExplainedByLogs, type NativeBalances, nativeMoves, type NativeSpan } from '../../domain/native-moves.ts';
import type { ChainLogs } from './chain-logs.ts';
import { heldAfter, lookedAt } from './held-coins.ts';
import type { LateLogs } from './late-logs.ts';
import { chainBlockOf } from './chain-block.ts';
import { NativeTransactions } from './native-transactions.ts';
import type { NodeQuorum } from './node-quorum.ts';
import { nativeToken } from '../settlement-chain.ts';
import { watchedAddresses } from './watched-addresses.ts';
import type { BlockRange, WatchedBlock } from './watched-node.ts';
import { QuorumFault } from './watcher-faults.ts';
import type { Checkpoint, HeldCoins, WatchCursor, WatcherStore, WatchStep } from './watcher-store.ts';

export interface NativeFollowerOptions {
  readonly chainId: string;
  readonly nodes: NodeQuorum;
  readonly store: WatcherStore;
  readonly logs: ChainLogs;
  readonly late: LateLogs;
  /** Blocks that are read for transactions in one look. */
  readonly blocksMax: bigint;
}

/**
 * Coins that went past our contracts, to or from a treasury (also one of before) or a refunder. A coin leaves no log, so balances are
 * compared from one final block to the next, and only where logs of ours do not account for the difference are the blocks between read
 * for transactions. An address is compared from the first look on: what it had before is its own.
 */
export class NativeFollower {
  readonly #options: NativeFollowerOptions;
  readonly #transactions: NativeTransactions;

  constructor(options: NativeFollowerOptions) {
    this.#options = options;
    this.#transactions = new NativeTransactions(options);
  }

  /**
   * Up to where our own contracts were read and are final. Checkpoint, balances and what was found are one transaction. Where more blocks have
   * to be read than one look may, or somebody wants to stop, the balances wait and the next look goes on.
   */
  async follow(signal?: AbortSignal): Promise<void> {
    const { chainId, store } = this.#options;
    const cursors = await store.cursors(chainId);
    const cursor = cursors.find(({ address }) => address === nativeToken);
    const ours = cursors.filter(({ module }) => module !== 'token');
    const [first] = ours;
    if (cursor === undefined || first === undefined) return;
    const limit = ours.reduce((lowest, { finalized }) => (finalized.number < lowest ? finalized.number : lowest), first.finalized.number);
    if (limit <= cursor.finalized.number) return;
    const kept = await store.balances(chainId);
    const waiting = kept.filter(({ at }) => at.number > cursor.finalized.number);
    const looked = waiting.length > 0 ? waiting : await this.#look(limit, first.observed);
    const at = looked[0]?.at;
    if (at === undefined) return;
    if (at.number > limit) return waiting.length > 0 ? undefined : store.keepBalances(chainId, looked);
    const block = await this.#options.nodes.finalBlock(at.number);
    // Another block became final there: the next look takes new balances.
    if (block.hash !== at.hash) return store.keepBalances(chainId, []);
    await this.#compare(cursor, block, { before: unitsOf(kept, cursor.finalized.number), looked, signal });
  }

  /** At the last final block; where nodes do not know its state any more, at the head, to wait until that is final. */
  async #look(limit: bigint, head: Checkpoint): Promise<HeldCoins[]> {
    const { chainId, nodes, store } = this.#options;
    // Somebody who was only just named is looked at as well: so his coins are known from before.
    const holders = lookedAt(await watchedAddresses(store, chainId, head.number));
    if (holders.length === 0) return [];
    try {
      return await heldAfter(nodes, await nodes.finalBlock(limit), holders);
    } catch (error) {
      if (!(error instanceof QuorumFault) || head.number === limit) throw error;
      return heldAfter(nodes, head, holders);
    }
  }

  async #compare(cursor: WatchCursor, block: WatchedBlock, { before, looked, signal }: Comparison): Promise<void> {
    const { chainId, store } = this.#options;
    const range = { from: cursor.finalized.number + 1n, to: block.number };
    const span = async (): Promise<NativeSpan> => {
      // At the first look the range is all that the contracts ever did, and there is nothing to compare.
      const logs = before.size === 0 ? [] : await store.inBlocks(chainId, range);
      return { chainId, fromBlock: range.from, to: chainBlockOf(block), before, after: unitsOf(looked, block.number), logs };
    };
    const isFresh = (await this.#transactions.begun(range, block)) === undefined;
    // What stands already in these blocks may hide what does not.
    const isToBeRead = await this.#transactions.isWanted(range);
    if (!isToBeRead && isExplainedByLogs(await span())) return this.#advance(cursor, block, looked);
    // Whatever ends the reading, it goes on up to the same block.
    await store.keepBalances(chainId, looked);
    // A node may have left out the log that accounts for it: then the next look compares again.
    if (isFresh && (await this.#findMissed(range)) > 0) return;
    const transactions = await this.#transactions.read(range, block, { addresses: looked.map(({ holder }) => holder), signal });
    if (transactions === undefined) return;
    const logs = nativeMoves(await span(), transactions, await watchedAddresses(store, chainId, block.number));
    // After an adoption some of it may stand already.
    await this.#advance(cursor, block, looked, await store.unknown(chainId, logs));
  }

  async #findMissed(range: BlockRange): Promise<number> {
    const { chainId, store, logs, late } = this.#options;
    const ours = (await store.cursors(chainId)).filter(({ module }) => module !== 'token');
    return late.add(await logs.inRange(ours, range));
  }

  async #advance(
    { observed: from }: WatchCursor,
    { number, hash }: WatchedBlock,
    balances: readonly HeldCoins[],
    logs: WatchStep['logs'] = [],
  ): Promise<void> {
    const { chainId, store } = this.#options;
    const step = { chainId, contracts: [nativeToken], from, to: { number, hash }, isFinal: true };
    await store.advance({ ...step, logs, appeared: [], words: [], balances });
  }
}

interface Comparison {
  readonly before: NativeBalances;
  readonly looked: readonly HeldCoins[];
  readonly signal: AbortSignal | undefined;
}

function unitsOf(held: readonly HeldCoins[], number: bigint): NativeBalances {
  return new Map(held.flatMap(({ holder, at, units }) => (at.number === number ? [[holder, units] as const] : [])));
}
