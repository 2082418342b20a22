import type { Reconciliation } from '../domain/reconciliation.ts';

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

/** Comparisons of chain and books, for good. Every method is durable when it resolves. */
export interface ReconciliationStore {
  keep(reconciliation: Reconciliation, at: Date): Promise<void>;
  /** The newest of each provider, subject, chain and currency. */
  latest(provider?: string): Promise<KeptReconciliation[]>;
  /** Newest first. `before`: only those with a lower id. */
  page(provider: string, asked: { readonly before?: bigint | undefined; readonly limit: number }): Promise<KeptReconciliation[]>;
  openings(chainId: string): Promise<OpeningBalance[]>;
  /** The first one of an address and token stays. */
  open(opening: OpeningBalance): Promise<void>;
}

/** Nest injection token of the port. */
export const RECONCILIATIONS = Symbol('ReconciliationStore');
