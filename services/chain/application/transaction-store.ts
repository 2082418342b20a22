import type { Attempt, Known, QueuedTransaction, TransactionPlace } from './transaction.ts';

/** Whose transactions. */
export interface TransactionKey {
  /** Decimal. */
  readonly chainId: string;
  readonly address: string;
}

/** What is written for a nonce that was free until now. */
export interface FirstAttempt {
  readonly id: string;
  readonly subject: string;
  readonly nonce: bigint;
  readonly attempt: Attempt;
}

/**
 * The transactions of all keys. Every method is durable when it resolves; all but `take` are safe to repeat. Any number of processes may
 * use it at once: one nonce is given away once.
 */
export interface TransactionStore {
  /** Neither final nor overtaken, lowest nonce first. */
  unsettled(key: TransactionKey): Promise<QueuedTransaction[]>;
  find(id: string): Promise<Known | undefined>;
  /** The highest nonce of a final transaction. */
  lastFinal(key: TransactionKey): Promise<QueuedTransaction | undefined>;
  /**
   * Keeps a transaction under a nonce that `sign` chooses, knowing those that are taken. No other process gets a nonce of the key in
   * between. What `sign` throws is thrown on, and nothing is kept. An id that is kept or given up already, by whomever, is answered as it
   * stands.
   */
  take(key: TransactionKey, sign: (taken: readonly QueuedTransaction[]) => Promise<FirstAttempt>): Promise<Known>;
  /**
   * Lets nothing be kept under an id, ever. Of all who take it and who give it up one comes first, and what that one did is answered to
   * everybody.
   */
  giveUp(key: TransactionKey, unsigned: { readonly id: string; readonly subject: string; readonly reason: string }): Promise<Known>;
  /** Adds a signed version behind the one that the caller knows as the newest; undefined, and nothing kept, when there is a newer one. */
  replace(known: QueuedTransaction, attempt: Attempt, subject: string): Promise<QueuedTransaction | undefined>;
  /** What the chain shows: `mined` and `final` with a place, `signed` and `overtaken` without. A final transaction stays as it is. */
  moved(id: string, state: 'mined' | 'final', place: TransactionPlace): Promise<void>;
  moved(id: string, state: 'signed' | 'overtaken', place: undefined): Promise<void>;
  /**
   * The block of a final transaction is gone: it is `signed` again, so that it is looked for and sent as any other, and so is every final one of
   * the key behind it, since none can be in a block before it is. What is not final stays.
   */
  reopen(id: string): Promise<void>;
  /** The same for everything final of a key from a nonce on. */
  reopenFrom(key: TransactionKey, nonce: bigint): Promise<void>;
  /** The chain of this number begins anew, without anything that was on it. */
  forget(chainId: string): Promise<void>;
}
