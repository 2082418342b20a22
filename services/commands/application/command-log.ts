export interface LoggedCommand {
  readonly fingerprint: string;
  readonly stream: string;
  /** Of the command's first and last event. */
  readonly firstRevision: bigint;
  readonly revision: bigint;
  readonly position: bigint;
}

/**
 * Every command that ever wrote, by id: answers a repeat that is older than the aggregate's own memory, and refuses a key that was
 * used on another target. A projection implements it, so it lags: what it does not know yet is no proof of absence.
 */
export interface CommandLog {
  find(commandIds: readonly string[]): Promise<ReadonlyMap<string, LoggedCommand>>;
  /** Everything up to this position has been seen. */
  position(): Promise<bigint>;
}
