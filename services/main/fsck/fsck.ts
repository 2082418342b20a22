import { join } from 'node:path';
import type { Pool } from 'pg';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { HeadFile } from '../../integrity/adapters/files/head-file.ts';
import { PostgresAnchorStore } from '../../integrity/adapters/postgres/postgres.anchor-store.ts';
import { PostgresFoldStore } from '../../integrity/adapters/postgres/postgres.fold-store.ts';
import { PostgresHeadStore } from '../../integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../../integrity/adapters/postgres/postgres.leaf-store.ts';
import { DiscoveredLogs } from '../../integrity/application/discovered-logs.ts';
import { FinalisedAnchors } from '../../integrity/application/finalised-anchors.ts';
import { LogFiles } from '../../integrity/application/log-files.ts';
import type { ProviderLog } from '../../integrity/application/provider-logs.ts';
import { EventReader } from '../../read-store/event-reader.ts';
import { createPool } from '../../read-store/pool.ts';
import { EngineFault } from '../embedded/engine-fault.ts';
import { eventTypes } from '../event-types.ts';
import { readModels } from '../read-models.ts';
import { checkBalances } from './balances.ts';
import { defineStatedRoots } from './captured-tree.ts';
import { checkChains, nodesByChain } from './chain.ts';
import { checkLogTables } from './log-tables.ts';
import { checkLogs } from './logs.ts';
import type { PartReport } from './part.ts';
import { checkReadModels } from './read-models.ts';
import { Scratch } from './scratch.ts';
import { checkByVerifier } from './verifier-checks.ts';

export interface FsckOptions {
  /** Of the service's role. */
  readonly databaseUrl: string;
  readonly store: EventStore;
  /** Its log, and its rows in the read models; all when absent. */
  readonly provider: string | undefined;
  /** Nodes of the chains that the installation anchors on. */
  readonly rpcUrls: readonly string[];
  readonly dataFolder: string;
  /** Called again and again: what is being done, and how far it is. */
  readonly onProgress: (what: string, done: bigint, of: bigint) => void;
}

/**
 * Checks what the databases hold against the events, and the events against their logs, part by part. Writes nothing: everything that is built
 * again is built in temporary tables. Works beside a running service.
 */
export async function* fsck(options: FsckOptions): AsyncGenerator<PartReport> {
  const { databaseUrl, store, provider, onProgress } = options;
  const pool = createPool({ url: databaseUrl, applicationName: 'tallyroot fsck', connectionsMax: 4, isReadOnly: true });
  const logs = new DiscoveredLogs(store);
  let scratch: Scratch | undefined;
  try {
    await logs.start();
    if (provider !== undefined && (await logs.find(provider)) === undefined)
      throw new EngineFault(`There is no log of a provider ${provider}.`);
    scratch = await Scratch.open(databaseUrl);
    await defineStatedRoots(scratch);
    yield* await checkLogs({ store, pool, logs, provider });
    const nodes = await nodesByChain(options.rpcUrls);
    const chosen = logs.known().filter(({ slug }) => provider === undefined || slug === provider);
    for (const log of chosen) yield* checkLog({ ...options, log, logs, pool, scratch, nodes });
    const reader = new EventReader({ types: eventTypes });
    const progress = (done: bigint, of: bigint) => onProgress('read models', done, of);
    yield* await checkReadModels({ scratch, store, projections: readModels, reader, provider, onProgress: progress });
  } finally {
    await scratch?.close();
    await logs.stop();
    await pool.end();
  }
}

interface LogOfInstallation extends FsckOptions {
  readonly log: ProviderLog;
  readonly logs: DiscoveredLogs;
  readonly pool: Pool;
  readonly scratch: Scratch;
  readonly nodes: ReadonlyMap<string, string>;
}

async function* checkLog({
  log,
  logs,
  pool,
  scratch,
  store,
  nodes,
  dataFolder,
  onProgress,
}: LogOfInstallation): AsyncGenerator<PartReport> {
  const { slug, genesisHash, policy } = log;
  const [leaves, heads] = [new PostgresLeafStore(pool), new PostgresHeadStore(pool)];
  const progress = (what: string) => (done: bigint, of: bigint) => onProgress(`${slug}: ${what}`, done, of);
  const memory = new HeadFile(join(dataFolder, 'keys'), { logs });
  yield* await checkLogTables({ log, scratch, store, leaves, memory, onProgress: progress('leaves') });
  yield* await checkBalances({ log, scratch, store, leaves, folds: new PostgresFoldStore(pool), onProgress: progress('balances') });
  const files = new LogFiles({ store, logs, leaves, heads, anchors: new FinalisedAnchors(new PostgresAnchorStore(pool)) });
  const rpcUrls = policy.chains.map(({ chainId }) => nodes.get(chainId)).filter((url) => url !== undefined);
  const hasChains = policy.chains.length > 0;
  const earlier = (await files.earlier(slug)).map(({ key }) => key).toReversed();
  yield* await checkByVerifier({ log: slug, earlier, genesisHash, files, rpcUrls, hasChains, onProgress: progress('verifier') });
  yield* await checkChains({ log, pool, nodes, keysFolder: join(dataFolder, 'keys', 'chain') });
}
