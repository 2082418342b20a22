import type { PublishedHead, TreeHead } from '../domain/tree-head.ts';

/** The heads that were made durable and shown. `log` is the provider's slug. */
export interface HeadStore {
  /** The head that may be signed, or was: the empty tree before the first. */
  durable(log: string): Promise<TreeHead>;
  /**
   * Moves the durable head from exactly `from` to `to`; false when it was not there. When it answers true, the head and every leaf under it
   * survive a crash: only then may it be signed.
   */
  swap(log: string, from: TreeHead, to: TreeHead): Promise<boolean>;
  /** Shows a signed head. It is durable already; a lost note is signed again with the same bytes. */
  publish(log: string, head: PublishedHead): Promise<void>;
  /** What the world sees; undefined before the first head. */
  published(log: string): Promise<PublishedHead | undefined>;
}

/** Somebody outside the database who saw heads of a log: a file beside the keys, an anchor contract, a witness. */
export interface HeadMemory {
  /** Names the place in a message. */
  readonly name: string;
  /** The largest head it knows of; undefined when it knows none. */
  latest(log: string): Promise<TreeHead | undefined>;
  /** Leaves that the log has had, from somebody who knows no root of them. Throws `SequencerHalt` when it contradicts what was published. */
  size?(log: string): Promise<bigint | undefined>;
  /** Told of every head right after it was published. Keeps nobody waiting. */
  remember?(log: string, head: PublishedHead): Promise<void>;
  /** Rejects when it hears of a history that is not ours, asked anew after each look at `latest` and `size`. */
  disturbed?(log: string): Promise<never>;
}
