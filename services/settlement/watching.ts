import type { Pool } from 'pg';
import type { Clock } from '../commands/application/clock.ts';
import type { SequencerLock } from '../integrity/application/sequencer-lock.ts';
import { AbiLogReader } from './adapters/chain/abi.log-reader.ts';
import { watchedNodesOf } from './adapters/chain/watched-nodes.ts';
import { PostgresReconciliationStore } from './adapters/postgres/postgres.reconciliation-store.ts';
import { PostgresWatcherHalts } from './adapters/postgres/postgres.watcher-halts.ts';
import { PostgresWatcherStatusStore } from './adapters/postgres/postgres.watcher-status-store.ts';
import { PostgresWatcherStore } from './adapters/postgres/postgres.watcher-store.ts';
import { ChainWatch, type ChainWatchOptions, watchDefaults, type WatchSettings } from './application/watching/chain-watch.ts';
import { ChainWatcher, type ChainWatcherOptions, type ChainWatcherSettings } from './application/watching/chain-watcher.ts';
import type { ReconciliationStore } from './application/reconciling/reconciliation-store.ts';
import type { SettlementChain } from './application/settlement-chain.ts';
import type { SettlementLedger } from './application/watching/settlement-ledger.ts';
import type { WatcherHalts } from './application/watching/watcher-halts.ts';
import type { WatcherStatusStore } from './application/watching/watcher-status.ts';
import { Watcher } from './application/watching/watcher.ts';

export interface WatchingOptions extends Pick<ChainWatcherOptions, 'onAlarm' | 'onRetry'> {
  readonly chains: readonly SettlementChain[];
  readonly pool: Pool;
  readonly lock: SequencerLock;
  readonly ledger: SettlementLedger;
  readonly clock: Clock;
  readonly settings?: Partial<WatchSettings & ChainWatcherSettings>;
}

/** The parts of watching, put together: what runs, and what is asked. */
export interface Watching {
  readonly watcher: Watcher;
  readonly statuses: WatcherStatusStore;
  readonly halts: WatcherHalts;
  readonly reconciliations: ReconciliationStore;
}

const watcherDefaults: ChainWatcherSettings = { pollMs: 1_000, backoffMsMax: 30_000, awayMsMax: 60_000 };

/** Nothing runs until `watcher.start()`; what is asked works without it, so an API process needs no watcher. */
export function openWatching(options: WatchingOptions): Watching {
  const { chains, pool, lock, ledger, clock, onAlarm, onRetry } = options;
  const [store, statuses, halts] = [new PostgresWatcherStore(pool), new PostgresWatcherStatusStore(pool), new PostgresWatcherHalts(pool)];
  const watchers = chains.map((chain) => {
    const { profile } = chain;
    const settings = {
      ...watchDefaults,
      ...watcherDefaults,
      ...(profile.pollMs !== undefined && { pollMs: profile.pollMs }),
      ...options.settings,
    };
    const watch = new ChainWatch({ chain, ...readingOf(chain), store, ledger, clock, settings });
    return new ChainWatcher({ watch, lock, statuses, halts, clock, settings, onAlarm, onRetry });
  });
  return { watcher: new Watcher(watchers), statuses, halts, reconciliations: new PostgresReconciliationStore(pool) };
}

/** How a chain is read: its nodes by their place in the configuration, and what their logs mean. */
export function readingOf(chain: SettlementChain): Pick<ChainWatchOptions, 'nodes' | 'reader'> {
  return { nodes: watchedNodesOf(chain), reader: new AbiLogReader() };
}
