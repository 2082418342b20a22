import type { MandateEnd } from '../watching/settlement-ledger.ts';

export interface OwnedMandate {
  /** Slug of whoever offered it. */
  readonly provider: string;
  /** Its digest, which is its id. */
  readonly mandate: string;
}

/** Finds out whose mandates are. It only finds them: what becomes of each is decided in its own stream. A read model implements it. */
export interface MandateOwners {
  /**
   * Those that a provider of ours has offered for this very contract, by everything that is in the log when it is asked. One question, however
   * many they are: anybody may end mandates on chain that nobody here ever offered.
   */
  of(ends: readonly MandateEnd[]): Promise<readonly OwnedMandate[]>;
}
