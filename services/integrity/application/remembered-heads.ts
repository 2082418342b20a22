import type { TreeHead } from '../domain/tree-head.ts';
import { rootsFromTiles, tilesUnder } from '../domain/tree/tile-hashes.ts';
import type { HeadMemory } from './head-store.ts';
import type { LeafStore } from './leaf-store.ts';
import { SequencerHalt } from './sequencer-halt.ts';

/** A head that somebody remembers. */
export interface RememberedHead extends Pick<TreeHead, 'size'> {
  /** Undefined where only the size is known: whoever knows it will compare when it is shown the next head. */
  readonly root: Buffer | undefined;
  /** Who, for the message. */
  readonly by: string;
}

/** What each of them knows of the log. Throws `SequencerHalt` for one that knows another history. */
export async function rememberedBy(memories: readonly HeadMemory[], log: string): Promise<RememberedHead[]> {
  const remembered: RememberedHead[] = [];
  for (const memory of memories) {
    const head = await memory.latest(log);
    if (head !== undefined) remembered.push({ ...head, by: memory.name });
    const size = await memory.size?.(log);
    if (size !== undefined) remembered.push({ size, root: undefined, by: memory.name });
  }
  return remembered;
}

/** Throws `SequencerHalt` unless this is the root that the head has, where its root is known. */
export function assertSameRoot(log: string, { size, root, by }: RememberedHead, actual: Buffer | undefined): void {
  if (root === undefined || actual?.equals(root) === true) return;
  throw new SequencerHalt(
    `${log}: ${by} knows a signed head of ${size} leaves with root ${root.toString('hex')}, but the first ${size} events of the ` +
      `store have root ${actual?.toString('hex')}. The log was rewritten, or this is another log's store. Nothing is signed.`,
  );
}

/**
 * Holds a tree to the heads that were shown of it before. Until it has covered all of them with the same roots, nothing may be signed: a
 * database restored from a backup would otherwise tell a second history.
 */
export class RememberedHeads {
  readonly #log: string;
  readonly #leaves: LeafStore;
  #open: readonly RememberedHead[];

  constructor(log: string, leaves: LeafStore, heads: readonly RememberedHead[]) {
    this.#log = log;
    this.#leaves = leaves;
    this.#open = heads.filter(({ size }) => size > 0n);
  }

  /** True when the tree covers every head. Throws `SequencerHalt` at one that it contradicts. */
  async areCoveredBy(size: bigint): Promise<boolean> {
    if (this.#open.length === 0) return true;
    const covered = this.#open.filter((head) => head.size <= size);
    for (const head of covered) await this.#compare(head);
    this.#open = this.#open.filter((head) => !covered.includes(head));
    return this.#open.length === 0;
  }

  /** Throws `SequencerHalt` when the event store is read to its end and a head is still ahead. */
  assertNoneAhead(size: bigint): void {
    const head = this.#open.find((open) => open.size > size);
    if (head === undefined) return;
    throw new SequencerHalt(
      `${this.#log}: ${head.by} knows a signed head of ${head.size} leaves, but the event store holds only ${size}. It was restored from ` +
        'an older copy. Nothing is signed until the missing events are back: docs/guides/backup-and-restore.md.',
    );
  }

  async #compare(head: RememberedHead): Promise<void> {
    if (head.root === undefined) return;
    const shape = [{ from: 0n, to: head.size }];
    const [actual] = rootsFromTiles(shape, await this.#leaves.tiles(this.#log, tilesUnder(shape)));
    assertSameRoot(this.#log, head, actual);
  }
}
