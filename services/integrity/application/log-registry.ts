import type { ProviderLog } from './provider-logs.ts';

/** What discovery found, kept so that a start need not read the whole store. Derived: it can be dropped and is found again. */
export interface LogRegistry {
  /** What was saved for this store; nothing for another one. */
  load(storeId: string): Promise<RegistryState>;
  /** Writes logs (new ones, or with a new policy) and how far the store was read, in one transaction. Safe to repeat, never goes back. */
  save(storeId: string, state: RegistryState): Promise<void>;
}

export interface RegistryState {
  readonly logs: readonly ProviderLog[];
  /** Undefined before the first save. */
  readonly position: bigint | undefined;
}
