import type { Pool } from 'pg';
import type { Clock } from '../commands/application/clock.ts';
import type { SequencerLock } from '../integrity/application/sequencer-lock.ts';
import { watchedNodesOf } from './adapters/chain/watched-nodes.ts';
import { PostgresReconciliationStore } from './adapters/postgres/postgres.reconciliation-store.ts';
import { PostgresWatcherStore } from './adapters/postgres/postgres.watcher-store.ts';
import { ChainReconciliation } from './application/reconciling/chain-reconciliation.ts';
import { CreditSupply } from './application/reconciling/credit-supply.ts';
import type { LedgerHoldings } from './application/reconciling/ledger-holdings.ts';
import { NodeQuorum } from './application/watching/node-quorum.ts';
import type { ProviderDirectory } from './application/provider-directory.ts';
import { Reconciler, type ReconcilerOptions, type ReconcilerSettings } from './application/reconciling/reconciler.ts';
import { quorumOf, type SettlementChain } from './application/settlement-chain.ts';

export interface ReconcilingOptions extends Pick<ReconcilerOptions, 'onAlarm' | 'onOverdue' | 'onRetry'> {
  readonly chains: readonly SettlementChain[];
  readonly pool: Pool;
  readonly lock: SequencerLock;
  readonly providers: Pick<ProviderDirectory, 'slugOf'>;
  readonly holdings: LedgerHoldings;
  readonly clock: Clock;
  readonly settings?: Partial<ReconcilerSettings>;
}

const settingsDefault: ReconcilerSettings = { creditMs: 60_000, everyMs: 86_400_000, overdueMs: 3_600_000 };
const backoffMsMax = 30_000;
/** Nobody waits for a comparison. */
const graceMs = 15_000;

/** The parts of reconciliation, put together. Nothing runs until `start()`, or until it is asked to compare. */
export function openReconciling(options: ReconcilingOptions): Reconciler {
  const { pool, lock, providers, holdings, clock, onAlarm, onOverdue, onRetry } = options;
  const [store, kept] = [new PostgresWatcherStore(pool), new PostgresReconciliationStore(pool)];
  const nodes = new Map(options.chains.map((chain) => [chain.chainId, nodesOf(chain, clock)]));
  const chains = options.chains.map((chain) => {
    const own = nodes.get(chain.chainId) as NodeQuorum;
    return [chain.chainId, new ChainReconciliation({ chain, nodes: own, store, reconciliations: kept, providers, holdings })] as const;
  });
  return new Reconciler({
    ...{ nodes, chains: new Map(chains), credit: new CreditSupply({ nodes, store, providers, holdings }) },
    ...{ store, kept, lock, clock, settings: { ...settingsDefault, ...options.settings }, onAlarm, onOverdue, onRetry },
  });
}

function nodesOf(chain: SettlementChain, clock: Clock): NodeQuorum {
  const { chainId, profile } = chain;
  return new NodeQuorum({ chainId, nodes: watchedNodesOf(chain), quorum: quorumOf(chain), profile, clock, backoffMsMax, graceMs });
}
