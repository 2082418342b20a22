import type { Pool } from 'pg';
import type { Clock } from '../commands/application/clock.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { PostgresAnchorStore } from './adapters/postgres/postgres.anchor-store.ts';
import { PostgresFoldStore } from './adapters/postgres/postgres.fold-store.ts';
import { PostgresRoundStore } from './adapters/postgres/postgres.round-store.ts';
import type { AnchorChain } from './application/anchor-chain.ts';
import { AnchorKeeper } from './application/anchor-keeper.ts';
import { Anchorer } from './application/anchorer.ts';
import type { AnchorsQuery } from './application/anchors-query.ts';
import { CommitState } from './application/commit-state.ts';
import { FinalisedAnchors } from './application/finalised-anchors.ts';
import type { HeadStore } from './application/head-store.ts';
import type { LeafStore } from './application/leaf-store.ts';
import type { AnchoringSettings, LogAnchorerOptions } from './application/log-anchorer.ts';
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
  /** Absent for a ledger without a chain: its rounds commit to balances and anchor nothing. */
  readonly chain: AnchorChain | undefined;
  /** True where this installation holds the key of the contract's admin, as on the local chain. */
  readonly mayRegister: boolean;
  readonly settings?: Partial<AnchoringSettings>;
  readonly replaceAfterMs?: number;
  readonly resendAfterMs?: number;
}

/** The parts of anchoring, put together: what runs, and what is asked. */
export interface Anchoring {
  readonly anchorer: Anchorer;
  readonly anchors: AnchorsQuery;
  readonly balances: ProvenBalances;
}

export const anchoringDefaults: AnchoringSettings = {
  eventsMax: 10_000,
  secondsMax: 60,
  pollMs: 1_000,
  chainPollMs: 1_000,
  watchMs: 60_000,
  backoffMsMax: 30_000,
};

const replaceAfterMsDefault = 120_000;
const resendAfterMsDefault = 15_000;

/** Nothing runs until `anchorer.start()`; what is asked works without it, so an API process needs no anchorer. */
export function openAnchoring(options: AnchoringOptions): Anchoring {
  const { store, pool, logs, leaves, heads, lock, clock, chain, mayRegister } = options;
  const query = new LogQuery(leaves, heads);
  const [rounds, folds, anchors] = [new PostgresRoundStore(pool), new PostgresFoldStore(pool), new PostgresAnchorStore(pool)];
  const maps = new StateMaps(folds);
  const systemLog = new SystemLog(store, clock);
  const commitState = new CommitState({ folds, maps, leaves, store, systemLog });
  const { replaceAfterMs = replaceAfterMsDefault, resendAfterMs = resendAfterMsDefault } = options;
  const keeper = new AnchorKeeper({ anchors, query, clock, mayRegister, replaceAfterMs, resendAfterMs });
  const anchorer = new Anchorer({
    ...{ store, logs, query, rounds, anchors, keeper, lock, clock, chain },
    steps: new RoundSteps({ rounds, query, systemLog, commitState }),
    settings: { ...anchoringDefaults, ...options.settings },
    ...(options.onAlarm && { onAlarm: options.onAlarm }),
    ...(options.onRetry && { onRetry: options.onRetry }),
  });
  return { anchorer, anchors: new FinalisedAnchors(anchors), balances: new ProvenBalances(folds, maps, query) };
}
