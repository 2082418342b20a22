import type { Clock } from '../../../commands/application/clock.ts';
import type { ChainLogs } from './chain-logs.ts';
import type { LateLogs } from './late-logs.ts';
import type { NodeQuorum } from './node-quorum.ts';
import type { SettlementContracts } from '../settlement-chain.ts';
import type { SlotWord } from './watched-node.ts';
import { CheckpointMovedFault, WatcherAlarm } from './watcher-faults.ts';
import type { WatchCursor, WatcherStore, Word } from './watcher-store.ts';

export interface SlotComparisonOptions {
  readonly chainId: string;
  readonly contracts: SettlementContracts;
  readonly deploymentBlock: bigint;
  readonly nodes: NodeQuorum;
  readonly logs: ChainLogs;
  readonly late: LateLogs;
  readonly store: WatcherStore;
  readonly clock: Clock;
  /** Blocks that are read at once for logs that were missed. */
  readonly rangeMax: bigint;
  /** Between two comparisons of a word that nothing touches. */
  readonly everyMs: number;
}

/**
 * Of words that nothing touched, so many are compared in one look: each is a question to every node, and what was seen waits to be told
 * meanwhile. With a look a second these are four million a day.
 */
const untouchedMax = 50;

/**
 * Holds what was observed against the bitmaps of the contracts, in the state after the very block that was observed last. A closed slot of
 * which no log tells was missed by a node and is looked for; a log of a slot that is open was made up, and stops the chain.
 */
export class SlotComparison {
  readonly #options: SlotComparisonOptions;

  constructor(options: SlotComparisonOptions) {
    this.#options = options;
  }

  /** Words that logs have touched, and once a day all that are not full. Throws `WatcherAlarm`. */
  async compare(): Promise<void> {
    const { chainId, store, clock, everyMs } = this.#options;
    const now = new Date(clock.now());
    const words = await store.wordsToCompare(chainId, { since: new Date(now.getTime() - everyMs), until: now }, untouchedMax);
    if (words.length === 0) return;
    const cursors = new Map((await store.cursors(chainId)).map((cursor) => [cursor.address, cursor]));
    for (const word of words) {
      const cursor = cursors.get(word.contract);
      const view = this.#viewOf(word);
      if (cursor === undefined || view === undefined) continue;
      await this.#compareWord(word, { ...word, view }, cursor);
      await store.compared(chainId, word, now);
    }
  }

  async #compareWord(word: Word, asked: SlotWord, cursor: WatchCursor): Promise<void> {
    const { chainId, nodes, store } = this.#options;
    const { number, hash } = cursor.observed;
    const closed = await nodes.agreed(`slots after block ${number}`, (node) => node.slots(asked, hash), String);
    const seen = await store.observedSlots(chainId, word);
    if ((seen & ~closed) !== 0n) {
      await this.#assertStands(cursor);
      throw new WatcherAlarm(
        'event_without_bit',
        `${this.#nameOf(word, seen & ~closed)} is open in block ${number}, and a log says that it is closed.`,
      );
    }
    if ((closed & ~seen) === 0n) return;
    await this.#backfill(cursor);
    const missing = closed & ~(await store.observedSlots(chainId, word));
    if (missing !== 0n)
      throw new WatcherAlarm('bit_without_event', `${this.#nameOf(word, missing)} is closed in block ${number}, and no log tells of it.`);
  }

  /** What was observed is of this block. Another process may have moved on between the two questions: then they cannot be compared. */
  async #assertStands({ address, observed }: WatchCursor): Promise<void> {
    const cursors = await this.#options.store.cursors(this.#options.chainId);
    if (cursors.find((cursor) => cursor.address === address)?.observed.hash !== observed.hash)
      throw new CheckpointMovedFault(`Somebody else moved the checkpoint of ${address}.`);
  }

  /** Reads the contract once more, from its first block to the last one that was observed. */
  async #backfill(cursor: WatchCursor): Promise<void> {
    const { chainId, deploymentBlock, logs, late, store, rangeMax } = this.#options;
    const { address, finalized } = cursor;
    for (let from = deploymentBlock; from <= finalized.number; from += rangeMax) {
      const to = from + rangeMax - 1n < finalized.number ? from + rangeMax - 1n : finalized.number;
      await late.add(await logs.inRange([cursor], { from, to }));
    }
    for (const checkpoint of (await store.unfinalBlocks(chainId, address)).toReversed())
      await late.add(await logs.inKnownBlock([cursor], checkpoint));
  }

  #viewOf({ contract }: Word): SlotWord['view'] | undefined {
    const { settlement, escrow } = this.#options.contracts;
    if (contract === settlement) return 'settledWord';
    return contract === escrow ? 'purchasedWord' : undefined;
  }

  /** The lowest of the slots. */
  #nameOf({ contract, providerId, word }: Word, slots: bigint): string {
    const lowest = (slots & -slots).toString(2).length - 1;
    return `Slot ${word * 256n + BigInt(lowest)} of provider ${providerId} in ${contract} on chain ${this.#options.chainId}`;
  }
}
