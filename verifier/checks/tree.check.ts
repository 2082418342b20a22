import { type Absence, isAbsence, readTile } from '../source/bundles.ts';
import type { SignedNote } from '../note/signed-note.ts';
import type { LogSource } from '../source/log-source.ts';
import { tilePath, tileWidth } from '../source/tile-path.ts';
import { hashBytes } from '../tree/node-hash.ts';
import { type ExpectedTile, TileTree, type TileTreeState } from '../tree/tile-tree.ts';
import type { Check, StatedAnchor } from './check.ts';

/** A root that somebody stated for a size. */
export interface StatedRoot {
  readonly size: number;
  /** 64 lower-case hex. */
  readonly root: string;
  /** Who says so: `the signed head`, `anchor 3 on chain 1`. */
  readonly by: string;
  readonly evidence?: Readonly<Record<string, string>>;
  /** Where the root stands, if that is a note whose signature nobody checked yet: until then it accuses nobody. */
  readonly note?: SignedNote;
  /** The anchor that states it, if one does. */
  readonly anchor?: StatedAnchor;
  /** What the tree has instead. */
  readonly recomputed?: string;
}

/** V3: every tile follows from the leaf hashes, and so does every root that anybody stated. */
export class TreeCheck {
  readonly #check: Check;
  readonly #entriesCheck: Check;
  readonly #source: LogSource;
  readonly #tree = new TileTree();
  readonly #stated: readonly StatedRoot[];
  #next = 0;
  /** Roots of notes that are not those of the tree. */
  readonly disputed: StatedRoot[] = [];
  /** The largest size whose stated root is ours. */
  #agreedSize = 0;

  /** Roots sorted by size. Leaves that V4 found bad explain tiles that are bad above them. */
  constructor(options: { check: Check; entriesCheck: Check; source: LogSource; stated: readonly StatedRoot[] }) {
    this.#check = options.check;
    this.#entriesCheck = options.entriesCheck;
    this.#source = options.source;
    this.#stated = options.stated;
  }

  /** What was read so far: full tiles only. */
  state(): TileTreeState {
    return this.#tree.state();
  }

  /** Goes on behind the first leaves. What was stated of them is not compared once more. */
  resume(tree: TileTreeState, size: number): void {
    this.#tree.resume(tree);
    while ((this.#stated[this.#next]?.size ?? Infinity) <= size) this.#next++;
    this.#agreedSize = size;
  }

  /** Takes tiles of leaf hashes in order, each as wide as it should be. */
  async next(start: number, width: number, tile: Buffer): Promise<void> {
    for (let root = this.#stated[this.#next]; root !== undefined && root.size <= start + width; root = this.#stated[++this.#next])
      this.#compare(root, Buffer.from(this.#tree.rootWith(tile, root.size - start), 'latin1').toString('hex'));
    if (width < tileWidth) return;
    for (const expected of this.#tree.append(tile)) await this.#compareTile(expected);
  }

  /** Compares the tiles that are not full, after the last leaf. */
  async finish(): Promise<void> {
    for (const expected of this.#tree.unfinished()) await this.#compareTile(expected);
  }

  #compare(stated: StatedRoot, computed: string): void {
    const { size, root, by, evidence, note, anchor } = stated;
    if (root === computed) {
      this.#agreedSize = size;
      return;
    }
    if (note !== undefined) {
      this.disputed.push({ ...stated, recomputed: computed });
      return;
    }
    const message = `the tree of ${size} leaves has another root than ${by} states; the first difference is in leaves ${this.#agreedSize} to ${size - 1}`;
    const proof = anchor && ({ kind: 'root', size, root, anchor } as const);
    this.#check.invalid.add({ message, evidence: { size: String(size), stated: root, recomputed: computed, ...evidence }, proof });
  }

  async #compareTile({ level, index, width, bytes }: ExpectedTile): Promise<void> {
    const served: Buffer | Absence = await readTile(this.#source, level, index, width);
    const leavesBelow = tileWidth ** level;
    const first = index * tileWidth * leavesBelow;
    if (isAbsence(served)) {
      this.#check.unverifiable.add({ index: first, message: served.message });
      return;
    }
    if (served.equals(bytes)) return;
    const hashIn = (tile: Buffer, slot: number) => tile.subarray(slot * hashBytes, (slot + 1) * hashBytes);
    let slot = 0;
    // Of a tile that is only too long the last hash is named: no leaves are below what follows.
    while (slot < width - 1 && hashIn(served, slot).equals(hashIn(bytes, slot))) slot++;
    const from = first + slot * leavesBelow;
    const bad = this.#entriesCheck.invalid.told.find(
      (problem) => problem.index !== undefined && problem.index >= from && problem.index < from + leavesBelow,
    );
    const message = `hash ${slot} of ${tilePath(level, index, width)} does not follow from the leaves below it`;
    const evidence = { served: hashIn(served, slot).toString('hex'), recomputed: hashIn(bytes, slot).toString('hex') };
    this.#check.invalid.add({ index: bad?.index ?? from, message, evidence });
  }
}
