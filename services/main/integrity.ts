import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { systemClock } from '../commands/application/clock.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { type AnchorChainSettings, openAnchorChain } from '../integrity/adapters/chain/open-anchor-chain.ts';
import { HeadFile } from '../integrity/adapters/files/head-file.ts';
import { PemKeyring } from '../integrity/adapters/keys/pem-keyring.ts';
import { AdvisoryLock } from '../integrity/adapters/postgres/advisory-lock.ts';
import { PostgresFoldStore } from '../integrity/adapters/postgres/postgres.fold-store.ts';
import { PostgresHeadStore } from '../integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresIncarnationStore } from '../integrity/adapters/postgres/postgres.incarnation-store.ts';
import { PostgresLeafStore } from '../integrity/adapters/postgres/postgres.leaf-store.ts';
import { PostgresLogIndex } from '../integrity/adapters/postgres/postgres.log-index.ts';
import { PostgresLogRegistry } from '../integrity/adapters/postgres/postgres.log-registry.ts';
import type { WitnessAddress } from '../integrity/adapters/witness/http.witness.ts';
import { type Anchoring, openAnchoring } from '../integrity/anchoring.ts';
import type { AnchorChain } from '../integrity/application/anchor-chain.ts';
import { ChainHeadMemory } from '../integrity/application/chain-head-memory.ts';
import { EarlierIncarnations } from '../integrity/application/earlier-incarnations.ts';
import { EntryExports } from '../integrity/application/entry-exports.ts';
import { LogEntries } from '../integrity/application/log-entries.ts';
import { LogFiles } from '../integrity/application/log-files.ts';
import { DiscoveredLogs } from '../integrity/application/discovered-logs.ts';
import { GuardedEventStore } from '../integrity/application/guarded-event-store.ts';
import type { Keyring } from '../integrity/application/keyring.ts';
import { LogStanding } from '../integrity/application/log-standing.ts';
import type { LogIndex } from '../integrity/application/log-index.ts';
import { LogQuery } from '../integrity/application/log-query.ts';
import { ProofBundles } from '../integrity/application/proof-bundles.ts';
import { OpenLog } from '../integrity/application/open-log.ts';
import type { RoundSettings } from '../integrity/application/round-schedule.ts';
import { ReceiptSigner } from '../integrity/application/receipt-signer.ts';
import { SignedAnswers } from '../integrity/application/signed-answers.ts';
import { StandingGuard } from '../integrity/application/standing-guard.ts';
import { Sequencers } from '../integrity/application/sequencers.ts';
import type { Witnessing } from '../integrity/application/witnessing.ts';
import type { ListedChain } from '../integrity/domain/log-policy.ts';
import { openWitnessing } from '../integrity/open-witnessing.ts';

/** A chain on which logs are anchored, and at which pace where it is not the usual one. */
export interface ChainAccess extends Pick<AnchorChainSettings, 'rpcUrl' | 'contract' | 'publisherFile' | 'feePerGasMax'> {
  readonly cadence?: Partial<RoundSettings>;
  /** Longest silence between two anchors that new logs promise for this chain, where it is not the log's. */
  readonly heartbeatSeconds?: number;
}

export interface IntegrityOptions {
  readonly eventStore: EventStore;
  readonly pool: Pool;
  /** Holds the keys of the logs and of the chain. */
  readonly keysFolder: string;
  /** Undefined for a ledger without a chain. */
  readonly chain: ChainAccess | undefined;
  /** Nobody when absent. */
  readonly witnesses?: readonly WitnessAddress[];
  /** Chains on which logs are anchored too. */
  readonly otherChains?: readonly ChainAccess[];
  readonly logger: Logger;
}

/** The parts that make the ledger provable, put together and not yet running. */
export interface Integrity {
  /** The event store that takes no event for a log which was set back to an older copy. */
  readonly eventStore: EventStore;
  readonly guard: StandingGuard;
  readonly standing: LogStanding;
  readonly earlier: EarlierIncarnations;
  /** The main chain first. */
  readonly chains: readonly AnchorChain[];
  readonly keyring: Keyring;
  readonly logs: DiscoveredLogs;
  readonly openLog: OpenLog;
  readonly receipts: ReceiptSigner;
  readonly query: LogQuery;
  readonly files: LogFiles;
  readonly index: LogIndex;
  readonly entries: LogEntries;
  readonly exports: EntryExports;
  readonly bundles: ProofBundles;
  readonly answers: SignedAnswers;
  readonly sequencers: Sequencers;
  readonly witnessing: Witnessing;
  readonly anchoring: Anchoring;
  /** On the main chain; undefined for a ledger without one. */
  readonly contract: ListedChain | undefined;
  /** What new logs list, the main chain first. */
  readonly contracts: readonly ListedChain[];
}

export async function openIntegrity(options: IntegrityOptions): Promise<Integrity> {
  const { eventStore: unguarded, pool, keysFolder, chain, otherChains = [], witnesses: addresses = [], logger } = options;
  const keyring = new PemKeyring({ folder: keysFolder });
  const logs = new DiscoveredLogs(unguarded, new PostgresLogRegistry(pool));
  const [leaves, heads] = [new PostgresLeafStore(pool), new PostgresHeadStore(pool)];
  const opened = await Promise.all(
    [...(chain ? [chain] : []), ...otherChains].map((access) => openChain(access, join(keysFolder, 'chain'), pool)),
  );
  const contracts = opened.map(({ listed }) => listed);
  const lock = new AdvisoryLock(pool);
  const { witnessing, cosigned } = openWitnessing({
    ...{ pool, leaves, heads, addresses },
    onRetry: (log, error) => logger.warn({ log, err: error }, 'A witness did not cosign; it is asked again.'),
  });
  const witnesses = addresses.length > 0 ? [witnessing] : [];
  const earlier = new EarlierIncarnations({
    ...{ store: unguarded, leaves, folds: new PostgresFoldStore(pool), incarnations: new PostgresIncarnationStore(pool) },
  });
  const memories = [new HeadFile(keysFolder, { logs }), ...opened.map(({ chain }) => new ChainHeadMemory(chain, logs)), ...witnesses];
  const seen = new HeadFile(keysFolder, { file: 'checkpoint.seen', logs });
  const standing = new LogStanding({ store: unguarded, logs, leaves, heads, earlier, memories, seen });
  const guard = new StandingGuard({
    whyNot: (slug) => standing.whyNot(slug),
    onBehind: (log, reason) => logger.error({ log, reason }, 'A log takes no commands until somebody has recovered it.'),
    onRetry: (log, error) => logger.warn({ log, err: error }, 'What was shown of a log cannot be looked at; it is tried again.'),
  });
  const store = new GuardedEventStore(unguarded, guard);
  const anchoring = openAnchoring({
    ...{ store, pool, logs, leaves, heads, chains: opened, clock: systemClock },
    lock: new AdvisoryLock(pool),
    onAlarm: (status) => logger.error({ status }, 'Anchoring raised an alarm: somebody has to look.'),
    onRetry: (log, error) => logger.warn({ log, err: error }, 'Anchoring tries again.'),
  });
  const query = new LogQuery(leaves, heads, cosigned);
  const files = new LogFiles({ store, logs, leaves, heads, cosigned, anchors: anchoring.anchors });
  const index = new PostgresLogIndex(pool);
  const entries = new LogEntries({ store, query, index });
  const receipts = new ReceiptSigner(logs, keyring, guard);
  return {
    ...{ eventStore: store, guard, standing, earlier },
    chains: opened.map(({ chain }) => chain),
    keyring,
    logs,
    openLog: new OpenLog({ store, keyring, clock: systemClock, chains: () => Promise.resolve(contracts) }),
    receipts,
    answers: new SignedAnswers({ store, leaves, logs, signer: receipts }),
    ...{ query, files, index },
    ...{ entries, exports: new EntryExports({ query, files, entries, anchors: anchoring.anchors }) },
    bundles: new ProofBundles({ store, query, files, balances: anchoring.balances, anchors: anchoring.anchors }),
    sequencers: new Sequencers(logs, {
      ...{ store, leaves, heads, keyring, earlier, lock, memories },
      onHalt: (status) => logger.error({ status }, 'A sequencer halted: its log is not signed any more until somebody looks.'),
      onRetry: (log, error) => logger.warn({ log, err: error }, 'A sequencer tries again.'),
    }),
    witnessing,
    anchoring,
    contract: chain && contracts[0],
    contracts,
  };
}

async function openChain({ cadence, heartbeatSeconds, ...access }: ChainAccess, keysFolder: string, pool: Pool) {
  const { chain, contract, mayRegister } = await openAnchorChain({ ...access, keysFolder, pool });
  const listed = heartbeatSeconds === undefined ? contract : { ...contract, heartbeatSeconds: heartbeatSeconds.toString() };
  return { chain, mayRegister, listed, ...(cadence && { cadence }) };
}
