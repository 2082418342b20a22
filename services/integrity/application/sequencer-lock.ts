/** Lets one process at a time sequence a log. Only saves work: two sequencers at once would do no harm, the store's checks hold anyway. */
export interface SequencerLock {
  /** Undefined when another process holds it. */
  tryAcquire(log: string): Promise<HeldLock | undefined>;
}

export interface HeldLock {
  /** Resolves when the lock is gone without having been given back. */
  readonly lost: Promise<void>;
  /** May be repeated. */
  release(): Promise<void>;
}
