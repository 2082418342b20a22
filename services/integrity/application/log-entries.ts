import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import type { PublishedHead } from '../domain/tree-head.ts';
import type { Anchor } from './anchor-store.ts';
import type { LeafRow } from './leaf-store.ts';
import { eventAt } from './genesis.ts';
import { isPublicLeaf } from './log-files.ts';
import type { LogIndex } from './log-index.ts';
import type { LogQuery } from './log-query.ts';

/** An anchor whose tree holds a leaf, and the way of the leaf to the anchored root. */
export interface CoveringAnchor {
  readonly anchor: Anchor;
  /** From the leaf's sibling up. */
  readonly path: readonly Buffer[];
}

/** Everything that is known of one leaf, as of one published head. */
export interface LogEntry {
  readonly leaf: LeafRow;
  readonly head: PublishedHead;
  /** From the leaf's sibling up to the root of the head. */
  readonly path: readonly Buffer[];
  /** Of each contract the first. */
  readonly anchors: readonly CoveringAnchor[];
  /** What the event store holds where the leaf was made, whatever that is. */
  readonly event: StoredEvent | 'missing' | 'withheld';
  /** In the leaf's stream, as far as the head covers it. */
  readonly previous: LeafRow | undefined;
  readonly next: LeafRow | undefined;
}

export interface LogEntriesOptions {
  readonly store: EventStore;
  readonly query: LogQuery;
  readonly index: LogIndex;
}

/** Shows leaves with all that surrounds them. `log` is the provider's slug. */
export class LogEntries {
  readonly #options: LogEntriesOptions;

  constructor(options: LogEntriesOptions) {
    this.#options = options;
  }

  /** `not covered`: the leaf is there, and no published head says so yet. `payloads`: the reader may see what leaves commit to. */
  async find(log: string, index: bigint, { payloads }: { readonly payloads: boolean }): Promise<LogEntry | 'not found' | 'not covered'> {
    const leaf = await this.#options.index.leafAt(log, index);
    if (leaf === undefined) return 'not found';
    const proof = await this.#options.query.inclusion(log, leaf);
    if (proof === undefined) return 'not covered';
    const { head, path } = proof;
    const [anchors, previous, next, event] = await Promise.all([
      this.#anchors(log, leaf, head),
      this.#neighbour(log, leaf, -1n, head),
      this.#neighbour(log, leaf, 1n, head),
      this.eventOf(log, leaf, { payloads }),
    ]);
    return { leaf, head, path, anchors, event, previous, next };
  }

  /** What a leaf was made of, where the reader may see it. */
  async eventOf(log: string, leaf: LeafRow, { payloads }: { readonly payloads: boolean }): Promise<LogEntry['event']> {
    if (!payloads && !isPublicLeaf(log, leaf)) return 'withheld';
    return (await eventAt(this.#options.store, leaf.position)) ?? 'missing';
  }

  async #anchors(log: string, leaf: LeafRow, head: PublishedHead): Promise<CoveringAnchor[]> {
    const { index, query } = this.#options;
    const anchors = (await index.anchorsCovering(log, leaf.index)).filter(({ size }) => size <= head.size);
    return Promise.all(
      anchors.map(async (anchor) => {
        const [path] = await query.inclusions(log, [leaf.index], anchor.size);
        return { anchor, path: path as readonly Buffer[] };
      }),
    );
  }

  async #neighbour(log: string, { stream, revision }: LeafRow, step: bigint, head: PublishedHead): Promise<LeafRow | undefined> {
    if (revision + step < 0n) return undefined;
    const leaf = await this.#options.query.find(log, { stream, revision: revision + step });
    return leaf !== undefined && leaf.index < head.size ? leaf : undefined;
  }
}
