import type { Reconciliation } from '../../domain/reconciliation.ts';

/** A comparison as it was kept. */
export interface KeptReconciliation extends Reconciliation {
  readonly id: bigint;
  readonly at: Date;
}

/** What an address had of a token before the ledger began to count, in units. */
export interface OpeningBalance {
  readonly chainId: string;
  readonly token: string;
  readonly holder: string;
  readonly units: bigint;
}

/** The prepaid credit of all chains is compared at once. */
export const creditComparison = 'credit';

/** How it goes with comparing, whatever came of it. */
export interface ComparisonStanding {
  /** A chain, by its id, or `creditComparison`. */
  readonly what: string;
  /** Undefined where it was never made. */
  readonly comparedAt: Date | undefined;
  readonly triedAt: Date;
  /** Nobody can tell whether chain and books are the same where it is not made by then. */
  readonly dueBy: Date;
  /** Why it could not be made last; undefined where it was. */
  readonly failure: string | undefined;
}

/** Comparisons of chain and books, for good. Every method is durable when it resolves. */
export interface ReconciliationStore {
  keep(reconciliation: Reconciliation, at: Date): Promise<void>;
  /** The newest of each provider, subject, chain and currency, on one of these chains or on all together; each says when it was made. */
  latest(chainIds: readonly string[]): Promise<KeptReconciliation[]>;
  /** A comparison was made; the next one has to be by `dueBy`. */
  made(what: string, at: Date, dueBy: Date): Promise<void>;
  /** It could not be made. `dueBy` counts for one that was never tried before. Answers how it stands. */
  failed(what: string, at: Date, trial: { readonly failure: string; readonly dueBy: Date }): Promise<ComparisonStanding>;
  /** In order of what is compared. */
  standings(): Promise<ComparisonStanding[]>;
  /** Newest first. `before`: only those with a lower id. */
  page(provider: string, asked: { readonly before?: bigint | undefined; readonly limit: number }): Promise<KeptReconciliation[]>;
  openings(chainId: string): Promise<OpeningBalance[]>;
  /** The first one of an address and token stays. */
  open(opening: OpeningBalance): Promise<void>;
}

/** Nest injection token of the port. */
export const RECONCILIATIONS = Symbol('ReconciliationStore');
