import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import type { FoldChanges } from '../domain/fold.ts';
import type { Supersedes } from '../domain/log-policy.ts';
import { GrowingTree } from '../domain/tree/growing-tree.ts';
import { rootsFromTiles, tilesUnder } from '../domain/tree/tile-hashes.ts';
import { foldLeaves } from './fold-leaves.ts';
import type { FoldStore } from './fold-store.ts';
import { genesisEventOf } from './genesis.ts';
import type { IncarnationStore } from './incarnation-store.ts';
import { earlierKey, incarnationsOf, numberOf } from './incarnations.ts';
import type { LeafStore } from './leaf-store.ts';
import type { ProviderLog } from './provider-logs.ts';
import { SequencerHalt } from './sequencer-halt.ts';
import { TreeWriter } from './tree-writer.ts';

export interface EarlierIncarnationsOptions {
  readonly store: EventStore;
  readonly leaves: LeafStore;
  readonly folds: FoldStore;
  readonly incarnations: IncarnationStore;
}

/** A log that ended, and the one that goes on with it. */
interface Ended {
  readonly key: string;
  readonly log: ProviderLog;
  readonly next: ProviderLog;
  readonly supersedes: Supersedes;
  readonly size: bigint;
}

const batchSize = 2_000;

/**
 * What is kept of the logs that a log goes on with: set aside under keys of their own, whole up to where it goes on with them, and their
 * balances carried over. All of it but signed heads follows from the event store, so that a crash between any two steps, a database that is
 * older than the new incarnation, and one that is new are one case.
 */
export class EarlierIncarnations {
  readonly #options: EarlierIncarnationsOptions;

  constructor(options: EarlierIncarnationsOptions) {
    this.#options = options;
  }

  /** Why what is kept under the slug is not this log's, or undefined where it is. */
  async whyNotSetAside(log: ProviderLog): Promise<string | undefined> {
    const setAside = await this.#options.incarnations.setAsideCount(log.slug);
    const before = numberOf(log) - 1;
    if (setAside > before)
      return (
        `${log.slug}: the database knows incarnation ${setAside + 1} of the log, but the event store holds only ${before + 1}. It was restored ` +
        'from an older copy. Nothing is signed until the missing events are back: docs/guides/backup-and-restore.md.'
      );
    if (setAside < before)
      return `${log.slug}: the database holds what was kept of the log before ${log.origin}; it is set aside when a sequencer starts.`;
    return undefined;
  }

  /** To be called before anything is written for the log. */
  async setAside(log: ProviderLog): Promise<void> {
    for (const [at, { size }] of endedOf(log).entries())
      await this.#options.incarnations.setAside({ slug: log.slug, number: at + 1, size });
  }

  /** Makes the trees whole and carries the balances over. By whoever holds the log's lock. Throws `SequencerHalt`. */
  async complete(log: ProviderLog): Promise<void> {
    const ended = endedOf(log);
    for (const one of ended) await this.#completeTree(one);
    const last = ended.at(-1);
    if (last === undefined) return;
    await this.#options.folds.carryOver({
      ...{ from: last.key, to: log.slug, size: last.size },
      changesFrom: (size) => (size === undefined ? this.#allChanges(ended) : this.#changesFrom(last, size)),
    });
  }

  async #completeTree(ended: Ended): Promise<void> {
    const { leaves } = this.#options;
    const { key, log, next, size, supersedes } = ended;
    const grown = await this.#grow(ended);
    const shape = [{ from: 0n, to: size }];
    const [root] = grown < size ? [] : rootsFromTiles(shape, await leaves.tiles(key, tilesUnder(shape)));
    if (root?.toString('hex') === supersedes.root) return;
    throw new SequencerHalt(
      `${log.slug}: ${next.origin} goes on with ${size} leaves of ${log.origin} with root ${supersedes.root}, but the event store holds ` +
        `${root === undefined ? `only ${grown}` : `leaves with root ${root.toString('hex')}`}. Nothing is signed.`,
    );
  }

  /** Answers how far the tree reaches. */
  async #grow({ key, log, next, size }: Ended): Promise<bigint> {
    const { store, leaves } = this.#options;
    const stored = await leaves.load(key);
    if (stored.state.size >= size) return stored.state.size;
    const { storeId } = await store.head();
    if (stored.storeId !== undefined && stored.storeId !== storeId)
      throw new SequencerHalt(
        `${key}: the tree was derived from event store ${stored.storeId}, but this is store ${storeId}. If the log was copied here, stop the ` +
          'service and run bin/tallyroot store adopt. Nothing is signed.',
      );
    const tree = new GrowingTree(stored.state);
    const writer = new TreeWriter({ log: key, origin: log.origin, storeId, leaves, tree, grown: () => Promise.resolve() });
    let batch: StoredEvent[] = [];
    const flush = async () => {
      const last = batch.at(-1);
      if (last !== undefined) await writer.handle({ events: batch, checkpoint: last.position });
      batch = [];
    };
    for await (const event of this.#eventsOf(log, next, stored.state.size === 0n ? undefined : stored.position)) {
      batch.push(event);
      if (batch.length === batchSize) await flush();
    }
    await flush();
    await writer.settled();
    return tree.size;
  }

  /** What is a leaf of the log and comes behind a position, or all of it. */
  async *#eventsOf(log: ProviderLog, next: ProviderLog, position: bigint | undefined): AsyncIterable<StoredEvent> {
    const { store } = this.#options;
    if (position === undefined) {
      const genesis = await genesisEventOf(store, log);
      if (genesis === undefined) return;
      yield genesis;
    }
    const after = position ?? log.genesisPosition;
    for await (const event of store.readAll({ fromPosition: after, filter: { streamPrefixes: [prefixOf(log.slug)] } })) {
      if (event.position >= next.genesisPosition) return;
      if (event.position > after) yield event;
    }
  }

  async *#allChanges(ended: readonly Ended[]): AsyncIterable<FoldChanges> {
    for (const one of ended) yield* this.#changesFrom(one, 0n);
  }

  #changesFrom({ key, log, size }: Ended, from: bigint): AsyncIterable<FoldChanges> {
    return foldLeaves(this.#options, { log: key, origin: log.origin, from, to: size });
  }
}

/** The logs that a log goes on with, the first one first. */
function endedOf(newest: ProviderLog): Ended[] {
  const all = incarnationsOf(newest);
  return all.slice(0, -1).map((log, at) => {
    const next = all[at + 1] as ProviderLog;
    const supersedes = next.policy.supersedes as Supersedes;
    return { key: earlierKey(newest.slug, at + 1), log, next, supersedes, size: BigInt(supersedes.size) };
  });
}
