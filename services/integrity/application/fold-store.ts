import type { FoldedBalance } from '../domain/committed-state.ts';
import type { FoldChanges, Turnover } from '../domain/fold.ts';

/** Which state the rows are: always one that a StateCommitted leaf commits to. */
export interface FoldCheckpoint {
  /** The leaves below this size are folded. */
  readonly uptoSize: bigint;
  /** Revision of the StateCommitted in the system stream. */
  readonly committedRevision: bigint;
}

/** What folding more leaves came to. */
export interface FoldedState {
  /** The size that was folded before. */
  readonly sizeBefore: bigint;
  /** Every balance that the new leaves post to, as it is now. */
  readonly touched: readonly FoldedBalance[];
  /** Of the whole log, by currency. */
  readonly turnovers: ReadonlyMap<string, Turnover>;
}

export interface FoldAdvance {
  readonly log: string;
  readonly uptoSize: bigint;
  /** The changes of the leaves from a size on, up to `uptoSize`, in portions. */
  readonly changesFrom: (size: bigint) => AsyncIterable<FoldChanges>;
  /** Writes the StateCommitted; the rows are kept only if it resolves. Repeated after a crash with the same state. */
  readonly commit: (state: FoldedState) => Promise<{ readonly stateRoot: Buffer; readonly revision: bigint }>;
}

/** What a log begins with that goes on with another one. */
export interface CarryOver {
  /** Key of the log that ended. */
  readonly from: string;
  readonly to: string;
  /** So many leaves of the log that ended are gone on with. */
  readonly size: bigint;
  /** The changes of that log's leaves from a size on up to `size`; undefined: all that was ever posted up to there, also before that log. */
  readonly changesFrom: (size: bigint | undefined) => AsyncIterable<FoldChanges>;
}

/** The balances of all logs as of their last commitment. */
export interface FoldStore {
  /**
   * Folds leaves and has the result committed, in one transaction: the rows never show a state that no leaf commits to. A crash before
   * its end leaves the rows as they were. Answers the revision of the commitment.
   */
  advance(advance: FoldAdvance): Promise<bigint>;
  /**
   * Lets a log begin with the balances that another one ended with, as if its leaf 0 had posted them. In one transaction, and once: does
   * nothing where it was done.
   */
  carryOver(carryOver: CarryOver): Promise<void>;
  /** Undefined before the first commitment. */
  checkpoint(log: string): Promise<FoldCheckpoint | undefined>;
  /** The checkpoint with all balances that leaves from `fromLeaf` on post to, of one moment. */
  balancesSince(log: string, fromLeaf: bigint): Promise<{ checkpoint: FoldCheckpoint | undefined; balances: FoldedBalance[] }>;
  balance(log: string, account: string, currency: string): Promise<FoldedBalance | undefined>;
  /** The smallest leaf index of each of these event ids; -1 for one that a log has which this one goes on with. */
  firstLeaves(log: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
}

/** The rows are of a larger size than the round that asks: another anchorer went ahead, or the rounds were restored without the rows. */
export class FoldAheadFault extends Error {
  override readonly name = 'FoldAheadFault';
  readonly retryable = true;
}
