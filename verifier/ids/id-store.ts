import type { Ordinals } from './ordinals.ts';

/**
 * The event ids of a log, and of those that it goes on with. An event whose id stands in an earlier leaf posts nothing, so whether one is new
 * must be known when its leaf is read. A store that cannot hold all ids learns that too late: it says at the end which were none, and the log is
 * read once more by somebody who knows. Ids are counted from 0 as they are added.
 */
export interface IdStore {
  /** So many more can be added. */
  readonly room: number;
  /** Adds a UUID in lower-case text; false where it is known that it was added before. */
  add(id: string): boolean;
  /** Which of the ids that were added had been added before. */
  findRepeats(): FoundRepeats;
  /** For another log, whose ids follow; what is known there of all ids takes the place of what was known here. */
  goingOn(known: Ordinals): IdStore;
  /** Lets go of memory and files. */
  close(): void;
}

/** Opens a store without ids, for somebody who knows which of them will be repeats. */
export type OpenIds = (known: Ordinals) => IdStore;

export interface FoundRepeats {
  readonly repeats: Ordinals;
  /** Every answer was right: these are the repeats that were known. */
  readonly wereKnown: boolean;
}
