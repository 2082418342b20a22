import type { KeyRole, SigningKey } from '../domain/signing-key.ts';

/** Where the keys of the logs lie. */
export interface Keyring {
  /**
   * The key of a provider's log. Throws when there is none: a log with a genesis never gets another key behind its verifiers' back.
   */
  open(slug: string, role: KeyRole): Promise<SigningKey>;
  /** The same, but creates the key of a log that is about to be opened. Durable when it resolves; safe to repeat and to race. */
  openOrCreate(slug: string, role: KeyRole): Promise<SigningKey>;
  /** Every key of this role that is at hand, the one that `open` answers first; empty for none. A rotation leaves the older ones. */
  all(slug: string, role: KeyRole): Promise<SigningKey[]>;
  /** Another key of this role, beside those that are there. Durable when it resolves; it signs nothing before the log names it. */
  add(slug: string, role: KeyRole): Promise<SigningKey>;
}
