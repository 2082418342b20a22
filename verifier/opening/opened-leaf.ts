import type { PostingLines } from '../fold/postings.ts';
import type { Entry } from '../log/entry.ts';

/** The log whose leaves are opened. */
export interface LogToOpen {
  readonly origin: string;
  /** Everything that is hashed is also checked for its canonical form. */
  readonly isDeep: boolean;
  /** Types whose payloads are wanted beside those that every pass needs. */
  readonly typesAlsoRead?: readonly string[];
}

/** The files of up to 256 leaves, as they were served. Whoever opens it may write into it, and keep it. */
export interface SealedBundle {
  /** Index of its first leaf. */
  readonly start: number;
  readonly width: number;
  readonly entries: Buffer;
  /** Undefined where there are none for us. */
  readonly payloads: Buffer | undefined;
}

/** All that can be said of a leaf by itself, whatever the other leaves are. */
export interface OpenedLeaf {
  /** SHA-256(0x00 || entry), 64 lower-case hex. */
  readonly hash: string;
  /** Undefined where the bytes have not the form of an entry of this log. */
  readonly entry: Entry | undefined;
  readonly event: LeafEvent | NoEvent;
}

/** The stored event, which is the one that the entry commits to. */
export interface LeafEvent {
  readonly isMalformed: boolean;
  readonly isCanonical: boolean;
  readonly lines: PostingLines;
  /** The text of the payload; undefined for types of which only the lines are of interest. */
  readonly payload: string | undefined;
}

/**
 * Why there is no event. `other`: the stored event is not the one that the entry commits to. `missing`: the event store has no such event any
 * more. `withheld`: not for our eyes. `no line`: the file of payloads ends before it. `unreadable`: no line of this kind.
 */
export type NoEvent = 'other' | 'missing' | 'withheld' | 'no line' | 'unreadable';
