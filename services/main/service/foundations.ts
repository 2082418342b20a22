import { join } from 'node:path';
import type { Pool } from 'pg';
import { UpToDateReads } from '../../../projections/sql/up-to-date-reads.ts';
import { PostgresSnapshotStore } from '../../commands/adapters/postgres/postgres.snapshot-store.ts';
import { Snapshots } from '../../commands/application/snapshots.ts';
import type { PrivacyPorts } from '../../privacy/privacy.module.ts';
import { createPool } from '../../read-store/pool.ts';
import { prepareReadModels } from '../../read-store/prepare-read-models.ts';
import { ProjectionProgress } from '../../read-store/projection-progress.ts';
import { enterService } from '../../read-store/service-presence.ts';
import { accessSecret } from '../access-secret.ts';
import { type Integrity, openIntegrity } from '../integrity.ts';
import { openEventStore } from '../open-event-store.ts';
import { openPrivacy } from '../privacy.ts';
import { readModels } from '../read-models.ts';
import type { Closing } from './closing.ts';
import { allRoles, type ServiceOptions } from './service-options.ts';

/** What every part of the service stands on: the database, the events, their logs, and the secrets of the installation. */
export interface Foundations {
  readonly pool: Pool;
  readonly integrity: Integrity;
  readonly privacy: PrivacyPorts;
  readonly snapshots: Snapshots;
  readonly progress: ProjectionProgress;
  readonly reads: UpToDateReads;
  readonly keysFolder: string;
  /** 32 bytes from which the installation's tokens are derived. */
  readonly secret: Uint8Array;
}

/** Each thing that it opens is closed by a step of its own, also when a later one does not open. */
export async function openFoundations(options: ServiceOptions, closing: Closing): Promise<Foundations> {
  const { databaseUrl, eventStoreUrl, dataFolder, personalDataKeyFile, logger } = options;
  const { chain, otherChains, witnesses, roles = allRoles } = options;
  // Every read model and every lock holds a connection of its own while it works.
  const pool = createPool({ url: databaseUrl, connectionsMax: 40 });
  closing.push(() => pool.end());
  const presence = await enterService(pool);
  closing.push(() => presence.leave());
  await prepareReadModels(pool, readModels);
  const onLiveDrop = (drops: number) => logger.info({ drops }, 'The event store dropped the live reader, which lagged; it reads on.');
  const opened = await openEventStore({ databaseUrl, eventStoreUrl }, { onLiveDrop });
  closing.push(() => opened.dispose());

  const snapshots = new Snapshots({
    snapshots: new PostgresSnapshotStore(pool),
    events: opened,
    onFailure: (stream, err) => logger.warn({ stream, err }, 'A snapshot is not used; the stream is folded from its first event instead.'),
  });
  closing.push(() => snapshots.close());

  const keysFolder = join(dataFolder, 'keys');
  const integrity = await openIntegrity({
    ...{ eventStore: opened, pool, keysFolder, chain, logger },
    ...(otherChains && { otherChains }),
    ...(witnesses && { witnesses }),
  });
  const { eventStore, logs, witnessing } = integrity;
  // An API process asks for logs by name; whoever works on all logs has to find them.
  if (roles.length > 0) await logs.start();
  closing.push(() => logs.stop());
  // Sequencers ask witnesses; they are stopped before.
  closing.push(() => witnessing.stop());
  // Before anybody writes: a crash may have left what is kept of a log to the one that goes on with it.
  for (const log of logs.known()) await integrity.earlier.setAside(log);

  const privacy = await openPrivacy({ eventStore, pool, logs, logger, keysFolder, personalDataKeyFile });
  const progress = new ProjectionProgress(pool);
  const reads = new UpToDateReads({ pool, store: eventStore, progress });
  return { pool, integrity, privacy, snapshots, progress, reads, keysFolder, secret: await accessSecret(keysFolder) };
}
