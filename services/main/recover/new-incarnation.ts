import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { ChainFault } from '../../chain/application/chain-faults.ts';
import { systemClock } from '../../commands/application/clock.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { PostgresHeadStore } from '../../integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../../integrity/adapters/postgres/postgres.leaf-store.ts';
import type { WitnessAddress } from '../../integrity/adapters/witness/http.witness.ts';
import type { AnchorChain } from '../../integrity/application/anchor-chain.ts';
import { BeginIncarnation, IncarnationRefusedFault } from '../../integrity/application/begin-incarnation.ts';
import { ChainHeadMemory } from '../../integrity/application/chain-head-memory.ts';
import { earlierKey, numberOf } from '../../integrity/application/incarnations.ts';
import type { LogMirror } from '../../integrity/application/log-mirror.ts';
import { MirroredLog } from '../../integrity/application/mirrored-log.ts';
import type { ProviderLog } from '../../integrity/application/provider-logs.ts';
import { SequencerHalt } from '../../integrity/application/sequencer-halt.ts';
import { SystemLog } from '../../integrity/application/system-log.ts';
import type { Supersedes } from '../../integrity/domain/log-policy.ts';
import { logIdOf } from '../../integrity/domain/origin.ts';
import type { SigningKey } from '../../integrity/domain/signing-key.ts';
import { claimAlone } from '../../read-store/service-presence.ts';
import { tellAgain } from '../../settlement/adapters/postgres/tell-again.ts';
import { type ChainAccess, type Integrity, openIntegrity } from '../integrity.ts';
import { readModels } from '../read-models.ts';
import { adoptStore } from '../store/adopt-store.ts';
import { withStore } from '../with-store.ts';

export interface NewIncarnation {
  readonly slug: string;
  readonly recovery: SigningKey;
  /** A copy of what was shown, to hold the store to; payloads are not needed. */
  readonly mirror?: LogMirror | undefined;
  readonly pool: Pool;
  readonly keysFolder: string;
  readonly openStore: () => Promise<EventStore>;
  readonly chain: ChainAccess | undefined;
  readonly otherChains?: readonly ChainAccess[];
  readonly witnesses?: readonly WitnessAddress[];
  readonly logger: Logger;
  /** Gives the store another id, so that what was derived from its lost positions is not believed. */
  readonly giveStoreId: () => Promise<void>;
}

export interface NewIncarnationBegun {
  readonly log: ProviderLog;
  readonly supersedes: Supersedes;
  /** False where an earlier call, cut off perhaps, has begun it. */
  readonly isNew: boolean;
  /** Leaves that were shown and that the store lacks, as far as anybody knows. */
  readonly lost: bigint;
}

/**
 * Begins a new incarnation of a provider's log while no service works on its database, and lets what the database keeps of the log that ended
 * be set aside. Whatever it was cut off at, calling it again finishes it; the next start of the service does so too.
 */
export async function beginNewIncarnation(options: NewIncarnation): Promise<NewIncarnationBegun> {
  const { pool, openStore, giveStoreId } = options;
  const claim = await claimAlone(pool);
  let begun: NewIncarnationBegun & { readonly isPlaced: boolean };
  try {
    // Before anything that cannot be repeated: of what was lost, only the chains still tell. A log that stays as it is loses nothing by it.
    await tellAgain(pool);
    const isNew = await withStore(openStore, (store) => begin(store, options));
    begun = await withStore(openStore, (store) => settle(store, options, isNew));
  } finally {
    await claim.leave();
  }
  if (!begun.isPlaced) {
    await giveStoreId();
    await withStore(openStore, (store) => adoptStore({ store, pool, readModels }));
  }
  return begun;
}

/** False where it was begun before and nothing was signed under it yet. */
async function begin(store: EventStore, options: NewIncarnation): Promise<boolean> {
  const { slug, recovery, mirror, pool } = options;
  return withIntegrity(store, options, async ({ logs, standing, earlier, chains }) => {
    const log = await logs.find(slug);
    if (log === undefined) throw new IncarnationRefusedFault(`The event store holds no log of ${slug}: nothing is left to go on with.`);
    await earlier.setAside(log);
    const remembered = await asked(() => standing.remembered(slug));
    if (numberOf(log) > 1 && remembered.length === 0 && (await new PostgresHeadStore(pool).published(slug)) === undefined) return false;
    const frozenBy: string[] = [];
    for (const chain of chains) if (await hasFrozen(chain, log)) frozenBy.push(new ChainHeadMemory(chain, logs).name);
    const mirrored = mirror && (await MirroredLog.open({ mirror, ...log }));
    await new BeginIncarnation(store, new SystemLog(store, systemClock)).begin({ log, recovery, remembered, frozenBy, mirrored });
    return true;
  });
}

/** A log that has a place in the contract and no publisher. A chain that is away says nothing, as everywhere. */
async function hasFrozen(chain: AnchorChain, { origin, vkey }: ProviderLog): Promise<boolean> {
  const logId = logIdOf(origin, vkey);
  try {
    return (await chain.latest(logId)).size > 0n && (await chain.publisherOf(logId)) === undefined;
  } catch (error) {
    if (error instanceof ChainFault && error.retryable) return false;
    throw error;
  }
}

/** Lets the database follow. */
async function settle(store: EventStore, options: NewIncarnation, isNew: boolean) {
  const { slug, pool } = options;
  return withIntegrity(store, options, async ({ logs, standing, earlier }) => {
    const log = (await logs.find(slug)) as ProviderLog;
    const supersedes = log.policy.supersedes as Supersedes;
    await earlier.setAside(log);
    const key = earlierKey(slug, numberOf(log) - 1);
    const size = BigInt(supersedes.size);
    const shown = await asked(() => standing.remembered(key));
    const largest = shown.reduce((most, head) => (head.size > most ? head.size : most), size);
    const isPlaced = await isInPlace(key, { log, store, pool });
    if (isPlaced) await asked(() => earlier.complete(log));
    return { log, supersedes, isNew, isPlaced, lost: largest - size };
  });
}

interface Place {
  readonly log: ProviderLog;
  readonly store: EventStore;
  readonly pool: Pool;
}

/** False where the database knows events that the store has lost: their positions are handed out again, to other events. */
async function isInPlace(key: string, { log, store, pool }: Place): Promise<boolean> {
  const { storeId } = await store.head();
  const tree = await new PostgresLeafStore(pool).load(key);
  if (tree.storeId !== undefined && tree.storeId !== storeId) return false;
  if (tree.state.size > BigInt((log.policy.supersedes as Supersedes).size)) return false;
  const { rowCount } = await pool.query('select from projection_checkpoint where store_id = $1 and position >= $2 limit 1', [
    storeId,
    log.genesisPosition,
  ]);
  return rowCount === 0;
}

async function withIntegrity<T>(
  store: EventStore,
  { pool, keysFolder, chain, otherChains = [], witnesses = [], logger }: NewIncarnation,
  work: (integrity: Integrity) => Promise<T>,
): Promise<T> {
  const integrity = await openIntegrity({ eventStore: store, pool, keysFolder, chain, otherChains, witnesses, logger });
  await integrity.logs.start();
  try {
    return await work(integrity);
  } finally {
    await integrity.witnessing.stop();
    await integrity.logs.stop();
  }
}

/** Whoever contradicts the store says so by a halt. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof SequencerHalt ? new IncarnationRefusedFault(error.message) : error;
  }
}
