import type { NodeStanding } from './node-quorum.ts';
import type { WatcherAlarmCode } from './watcher-faults.ts';
import type { Checkpoint } from './watcher-store.ts';

/**
 * `standby`: another process follows this chain. `following`: the checkpoints move with the chain. `retrying`: nodes, the database or the
 * ledger are away. `alarm`: somebody has to look. `halted`: the same, and nothing goes on before an operator lifts the halt. `stopped`: this
 * process follows it no more.
 */
export type WatcherState = 'standby' | 'following' | 'retrying' | 'alarm' | 'halted' | 'stopped';

/** How it goes with one chain. */
export interface WatcherStatus {
  readonly chainId: string;
  readonly state: WatcherState;
  readonly alarm: WatcherAlarmCode | undefined;
  readonly message: string | undefined;
  /** The final checkpoint waits for nodes to be well, or to agree: what is paid takes longer to become final than the chain takes. */
  readonly isDelayed: boolean;
  readonly nodes: readonly NodeStanding[];
}

/** What a watcher said of a chain, kept for whoever asks another process. */
export interface ToldWatcherStatus extends WatcherStatus {
  /** Since when state and alarm are these. */
  readonly since: Date;
  readonly toldAt: Date;
}

/** How far a contract was read. */
export interface ContractProgress {
  readonly chainId: string;
  readonly contract: string;
  readonly module: string;
  readonly observed: Checkpoint;
  readonly finalized: Checkpoint;
}

export interface WatcherStatusStore {
  tell(status: WatcherStatus, at: Date): Promise<void>;
  told(): Promise<ToldWatcherStatus[]>;
  progress(): Promise<ContractProgress[]>;
}

/** Nest injection token of the port. */
export const WATCHER_STATUSES = Symbol('WatcherStatusStore');
