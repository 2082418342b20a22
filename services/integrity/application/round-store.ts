import type { TimeTickedFin } from '../domain/committed-state.ts';
import type { TreeHead } from '../domain/tree-head.ts';

/**
 * How far a round came: its TimeTicked is a leaf (or it needs none), its StateCommitted is an event, a signed head covers that event.
 * What is left is the anchor.
 */
export type RoundState = 'opened' | 'ticked' | 'committed' | 'covered';

export interface Round {
  /** The provider's slug. */
  readonly log: string;
  /** 1, 2, 3, ... */
  readonly number: bigint;
  readonly openedAt: Date;
  /** The round commits to the leaves below this size. */
  readonly uptoSize: bigint;
  /** Keys of the chains that the round is anchored on (`chainKeyOf`); none for every chain of the log. */
  readonly openedFor: readonly string[];
  readonly state: RoundState;
  /** What the round's TimeTicked says. */
  readonly tick: TimeTickedFin | undefined;
  /** Revision of its StateCommitted in the system stream. */
  readonly committedRevision: bigint | undefined;
  /** What is anchored. */
  readonly head: TreeHead | undefined;
}

/** The rounds of all logs. Every method is durable when it resolves and safe to repeat. */
export interface RoundStore {
  last(log: string): Promise<Round | undefined>;
  /** The newest covered round that is anchored on this chain. */
  newestFor(log: string, chainKey: string): Promise<Round | undefined>;
  /** Throws when a round of this number exists: another anchorer is at work. */
  open(round: Pick<Round, 'log' | 'number' | 'openedAt' | 'uptoSize' | 'openedFor'>): Promise<Round>;
  /** Before the leaf is written, so that a crash writes the same leaf again. */
  keepTick(round: Round, tick: TimeTickedFin): Promise<Round>;
  ticked(round: Round): Promise<Round>;
  committed(round: Round, committedRevision: bigint): Promise<Round>;
  covered(round: Round, head: TreeHead): Promise<Round>;
  /** The newest block of this chain that a round of the log named; undefined where none did. */
  lastTick(log: string, chainId: string): Promise<bigint | undefined>;
  /** How many leaves from this index on are not system leaves, and the size up to which that was counted. */
  countBusinessLeaves(log: string, from: bigint): Promise<{ readonly count: number; readonly size: bigint }>;
}

/** A round is not where its anchorer left it: another one is at work. Nothing was written. */
export class RoundMovedFault extends Error {
  override readonly name = 'RoundMovedFault';
  readonly retryable = true;
}
