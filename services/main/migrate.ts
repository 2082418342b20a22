import { migrate } from '../read-store/migrate.ts';
import { type Engines, openEngines } from './embedded/engines.ts';
import type { Settings } from './settings.ts';

/** Brings the schemas of the database to this release. */
export async function migrateWith({ databaseOwnerUrl, databaseUrl }: Engines): Promise<void> {
  await migrate({ ownerUrl: databaseOwnerUrl, serviceRole: decodeURIComponent(new URL(databaseUrl).username) });
}

/** The command: migrates the database, starting the embedded one for it when nothing runs. */
export async function runMigrate(settings: Settings): Promise<void> {
  const engines = await openEngines({ ...settings, chain: { kind: 'none' } }, () => undefined);
  try {
    await migrateWith(engines);
    process.stdout.write('The database is up to date.\n');
  } finally {
    await engines.stop();
  }
}
