import type { LogPolicy } from '../domain/log-policy.ts';

/** A provider's log, as its genesis and later policy leaves describe it. */
export interface ProviderLog {
  readonly slug: string;
  readonly origin: string;
  /** Leaf hash of leaf 0, 64 hex: what a verifier gets out of band. */
  readonly genesisHash: string;
  /** Log key at genesis, C2SP text form. */
  readonly vkey: string;
  /** Every log key that the log has named, the one of the genesis first. The last one signs heads now. */
  readonly vkeys: readonly [string, ...string[]];
  /** The policy in force: of the genesis, or of the last `LogPolicyChanged/1`; its `vkey` is that of the last `KeyRotated/1`. */
  readonly policy: LogPolicy;
  /** Event store position of the genesis. */
  readonly genesisPosition: bigint;
  /** The log as it ended that this one goes on with, and with it those before. */
  readonly superseded?: ProviderLog;
}

/** Which logs there are. */
export interface ProviderLogs {
  /**
   * The log of a provider, also of one that was opened a moment ago by another process, or an earlier incarnation of it by its key; undefined
   * for a provider without one.
   */
  find(log: string): Promise<ProviderLog | undefined>;
  /** Of the log, or of the incarnation that an event at this position is a leaf of. Throws `ProviderUnknownFault` for a provider without a log. */
  originOf(slug: string, position?: bigint): Promise<string>;
  /** Throws `ProviderUnknownFault` for a provider without a log. */
  genesisHashOf(slug: string): Promise<string>;
  /** The logs seen so far. */
  known(): readonly ProviderLog[];
  /** Calls back for every known log at once and for every new one later. Answers how to stop that. */
  onKnown(listener: (log: ProviderLog) => void): () => void;
}

/** Somebody asked for the log of a provider that has none. */
export class ProviderUnknownFault extends Error {
  override readonly name = 'ProviderUnknownFault';
  readonly retryable = false;

  constructor(slug: string) {
    super(`Provider ${slug} has no log.`);
  }
}
