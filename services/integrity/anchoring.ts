import type { Pool } from 'pg';
import type { Clock } from '../commands/application/clock.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { PostgresAnchorCostStore } from './adapters/postgres/postgres.anchor-cost-store.ts';
import { PostgresAnchorStore } from './adapters/postgres/postgres.anchor-store.ts';
import { PostgresAnchoringStatusStore } from './adapters/postgres/postgres.anchoring-status-store.ts';
import { PostgresFoldStore } from './adapters/postgres/postgres.fold-store.ts';
import { PostgresRoundStore } from './adapters/postgres/postgres.round-store.ts';
import { AnchorSenders } from './application/anchor-senders.ts';
import type { AnchorChain } from './application/anchor-chain.ts';
import { AnchorKeeper } from './application/anchor-keeper.ts';
import { AnchoringReport } from './application/anchoring-report.ts';
import { Anchorer } from './application/anchorer.ts';
import type { AnchorsQuery } from './application/anchors-query.ts';
import { CommitState } from './application/commit-state.ts';
import { FinalisedAnchors } from './application/finalised-anchors.ts';
import type { HeadStore } from './application/head-store.ts';
import type { LeafStore } from './application/leaf-store.ts';
import type { AnchoringSettings, ChainOfInstallation, LogAnchorerOptions } from './application/log-anchorer.ts';
import { LogQuery } from './application/log-query.ts';
import { ProvenBalances } from './application/proven-balances.ts';
import type { ProviderLogs } from './application/provider-logs.ts';
import { RoundSteps } from './application/round.ts';
import type { SequencerLock } from './application/sequencer-lock.ts';
import { StateMaps } from './application/state-maps.ts';
import { SystemLog } from './application/system-log.ts';

export interface AnchoringOptions extends Pick<LogAnchorerOptions, 'onAlarm' | 'onRetry'> {
  readonly store: EventStore;
  readonly pool: Pool;
  readonly logs: ProviderLogs;
  readonly leaves: LeafStore;
  readonly heads: HeadStore;
  readonly lock: SequencerLock;
  readonly clock: Clock;
  /** None for a ledger without a chain: its rounds commit to balances and anchor nothing. */
  readonly chains: readonly AnchoredOn[];
  readonly settings?: Partial<AnchoringSettings>;
  /** How long an anchor waits for others of the same publisher to share its transaction. */
  readonly gatherMs?: number;
}

/** A chain, and how it is anchored on. */
export interface AnchoredOn extends ChainOfInstallation {
  /** True where this installation holds the key of the contract's admin, as on the local chain. */
  readonly mayRegister: boolean;
}

/** The parts of anchoring, put together: what runs, and what is asked. */
export interface Anchoring {
  readonly anchorer: Anchorer;
  readonly anchors: AnchorsQuery;
  readonly balances: ProvenBalances;
  readonly report: AnchoringReport;
}

export const anchoringDefaults: AnchoringSettings = {
  eventsMax: 10_000,
  secondsMax: 60,
  pollMs: 1_000,
  chainPollMs: 1_000,
  watchMs: 60_000,
  backoffMsMax: 30_000,
  awayMsMax: 60_000,
  affordableMin: 20n,
};

const gatherMsDefault = 250;

/** Nothing runs until `anchorer.start()`; what is asked works without it, so an API process needs no anchorer. */
export function openAnchoring(options: AnchoringOptions): Anchoring {
  const { store, pool, logs, leaves, heads, lock, clock, chains, gatherMs = gatherMsDefault } = options;
  const query = new LogQuery(leaves, heads);
  const [rounds, folds, anchors] = [new PostgresRoundStore(pool), new PostgresFoldStore(pool), new PostgresAnchorStore(pool)];
  const [costs, statuses] = [new PostgresAnchorCostStore(pool), new PostgresAnchoringStatusStore(pool)];
  const maps = new StateMaps(folds);
  const systemLog = new SystemLog(store, clock);
  const commitState = new CommitState({ folds, maps, leaves, store, systemLog });
  const senders = new AnchorSenders({ anchors, costs, clock, gatherMs });
  const mayRegister = (chain: AnchorChain) => chains.some((known) => known.chain === chain && known.mayRegister);
  const keeper = new AnchorKeeper({ anchors, query, clock, mayRegister, senders });
  const anchorer = new Anchorer({
    ...{ store, logs, query, rounds, anchors, keeper, lock, clock, chains, statuses },
    steps: new RoundSteps({ rounds, query, systemLog, commitState }),
    settings: { ...anchoringDefaults, ...options.settings },
    ...(options.onAlarm && { onAlarm: options.onAlarm }),
    ...(options.onRetry && { onRetry: options.onRetry }),
  });
  const balances = new ProvenBalances(folds, maps, query);
  return { anchorer, anchors: new FinalisedAnchors(anchors), balances, report: new AnchoringReport({ anchors, costs, statuses }) };
}
