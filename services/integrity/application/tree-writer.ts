import type { EventBatch, StoredEvent } from '../../event-store/domain/event-store.ts';
import { leafOf } from '../domain/leaf.ts';
import type { GrowingTree } from '../domain/tree/growing-tree.ts';
import { hashBytes } from '../domain/tree/node-hash.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import type { LeafRow, LeafStore, TreeGrowth } from './leaf-store.ts';

export interface TreeWriterOptions {
  readonly log: string;
  readonly origin: string;
  readonly storeId: string;
  readonly leaves: LeafStore;
  /** As it is stored now. The writer alone grows it. */
  readonly tree: GrowingTree;
  /** Called in order after each commit, with the head that the stored tree has now. */
  readonly grown: (head: TreeHead) => Promise<void>;
}

/** How often a reader that passes only other providers' events saves how far it came. */
const idleSaveIntervalMs = 5000;

/**
 * Grows a tree by batches. While one batch is being written the next is hashed already, so database and hashing work side by side; the
 * stored edge of the tree says how far it really came. After a failure the writer is of no use any more: load the tree again.
 */
export class TreeWriter {
  readonly #options: TreeWriterOptions;
  readonly #failed = Promise.withResolvers<never>();
  #writing: Promise<void> = Promise.resolve();
  #savedAt = performance.now();

  constructor(options: TreeWriterOptions) {
    this.#options = options;
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects with the first write that failed. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Resolves when the batch before this one is stored. Rejects when a write failed. */
  async handle({ events, checkpoint }: EventBatch): Promise<void> {
    if (events.length === 0 && performance.now() - this.#savedAt < idleSaveIntervalMs) return;
    this.#savedAt = performance.now();
    const { tree } = this.#options;
    const growth = this.#grow(events, checkpoint);
    const head = { size: tree.size, root: tree.root() };
    await this.#writing;
    this.#writing = this.#write(growth, head);
    this.#writing.catch((error: unknown) => this.#failed.reject(error));
  }

  /** Tells of the stored tree as if it had just grown: a start may find a head to sign. */
  async announce(): Promise<void> {
    const { tree, grown } = this.#options;
    await grown({ size: tree.size, root: tree.root() });
  }

  /** Resolves when everything handled so far is stored and told. Rejects when a write failed. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #grow(events: readonly StoredEvent[], position: bigint): TreeGrowth {
    const { log, origin, storeId, tree } = this.#options;
    const sizeBefore = tree.size;
    const hashes = Buffer.allocUnsafe(events.length * hashBytes);
    const leaves: LeafRow[] = events.map((event, place) => {
      const { entry, hash } = leafOf(origin, event);
      const at = place * hashBytes;
      hashes.write(hash, at, 'hex');
      return {
        index: sizeBefore + BigInt(place),
        position: event.position,
        stream: event.stream,
        revision: event.revision,
        eventId: event.id,
        hash: hashes.subarray(at, at + hashBytes),
        entry,
      };
    });
    const tiles = tree.append(hashes);
    return { log, storeId, sizeBefore, size: tree.size, range: tree.range(), position, leaves, tiles };
  }

  async #write(growth: TreeGrowth, head: TreeHead): Promise<void> {
    await this.#options.leaves.grow(growth);
    await this.#options.grown(head);
  }
}
