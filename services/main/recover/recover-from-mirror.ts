import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { PostgresLeafStore } from '../../integrity/adapters/postgres/postgres.leaf-store.ts';
import { type LogMirror, MirrorFault } from '../../integrity/application/log-mirror.ts';
import { assertSameStore } from '../../integrity/application/log-standing.ts';
import { genesisHashIn, MirroredLog } from '../../integrity/application/mirrored-log.ts';
import { recoverLog, type RecoverLogOptions, type Recovered } from '../../integrity/application/recover-log.ts';
import { SequencerHalt } from '../../integrity/application/sequencer-halt.ts';
import { noteSigner } from '../../integrity/domain/note.ts';
import { localOrigin } from '../../integrity/domain/origin.ts';
import { claimAlone } from '../../read-store/service-presence.ts';
import { type ChainAccess, type Integrity, openIntegrity } from '../integrity.ts';
import { readModels } from '../read-models.ts';
import { adoptStore } from '../store/adopt-store.ts';
import { withStore } from '../with-store.ts';

export interface MirrorRecovery extends Pick<RecoverLogOptions, 'begins' | 'progressed'> {
  readonly slug: string;
  readonly mirror: LogMirror;
  readonly pool: Pool;
  readonly keysFolder: string;
  readonly openStore: () => Promise<EventStore>;
  readonly chain: ChainAccess | undefined;
  readonly logger: Logger;
  /** Gives the store another id, so that what was derived from its lost positions is not believed. */
  readonly giveStoreId: () => Promise<void>;
}

export interface RecoveredStore extends Recovered {
  /** Who knows the history that the store holds now. */
  readonly confirmedBy: readonly string[];
  /** The leaves of the database stand where it says that they do; else it had to follow the store. */
  readonly isInPlace: boolean;
}

/**
 * Recovers the log of a provider while no service works on its database, then lets what the database derived follow: where the database is
 * newer than the store, leaves and read models know positions that the store has handed out again.
 */
export async function recoverFromMirror(recovery: MirrorRecovery): Promise<RecoveredStore> {
  const { pool, openStore, giveStoreId } = recovery;
  const claim = await claimAlone(pool);
  let recovered: RecoveredStore;
  try {
    recovered = await withStore(openStore, (store) => recover(store, recovery));
  } finally {
    await claim.leave();
  }
  if (recovered.ahead.length > 0 || recovered.isInPlace) return recovered;
  await giveStoreId();
  await withStore(openStore, (store) => adoptStore({ store, pool, readModels }));
  return recovered;
}

async function recover(store: EventStore, recovery: MirrorRecovery): Promise<RecoveredStore> {
  const { slug, mirror, pool, keysFolder, chain, logger, begins, progressed } = recovery;
  const integrity = await openIntegrity({ eventStore: store, pool, keysFolder, chain, logger });
  const { origin, vkeys, genesisHash, genesisPosition } = await identityOf(slug, integrity);
  const mirrored = await MirroredLog.open({ mirror, origin, vkeys });
  const mirroredGenesis = await genesisHashIn(mirror);
  if (genesisHash !== undefined && mirroredGenesis !== genesisHash)
    throw new MirrorFault(`${mirror.name} is a copy of another log: its genesis is ${mirroredGenesis}, and not ${genesisHash}.`);
  const remembered = await integrity.standing.remembered(slug);
  const recovered = await recoverLog({
    store,
    slug,
    origin,
    genesisPosition,
    mirrored,
    remembered,
    ...(begins && { begins }),
    ...(progressed && { progressed }),
  });
  const confirmedBy = remembered.filter(({ size }) => size <= recovered.head.size).map(({ by }) => by);
  return { ...recovered, confirmedBy: [...new Set(confirmedBy)], isInPlace: await isInPlace(slug, store, pool) };
}

/** A store that lost everything does not know its log any more; its key does. */
async function identityOf(slug: string, { logs, keyring }: Integrity) {
  const log = await logs.find(slug);
  const origin = log?.origin ?? localOrigin(slug, (await keyring.open(slug, 'log')).publicKey);
  // Also keys that the store has forgotten: the rotation may be among what is missing.
  const held = (await keyring.all(slug, 'log')).map((key) => noteSigner(origin, key).vkey);
  const vkeys = [...held, ...(log?.vkeys ?? [])];
  return { origin, vkeys, genesisHash: log?.genesisHash, genesisPosition: log?.genesisPosition };
}

/** Whether the leaves of the database are where it says that they are. */
async function isInPlace(slug: string, store: EventStore, pool: Pool): Promise<boolean> {
  const leaves = new PostgresLeafStore(pool);
  try {
    await assertSameStore(slug, await leaves.load(slug), { store, leaves });
    return true;
  } catch (error) {
    if (error instanceof SequencerHalt) return false;
    throw error;
  }
}
