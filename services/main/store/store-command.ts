import { parseArgs } from 'node:util';
import { createPool } from '../../read-store/pool.ts';
import { type Engines, openEngines, startEngines } from '../embedded/engines.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { readModels } from '../read-models.ts';
import { type Environment, readSettings, type Settings, SettingsFault } from '../settings.ts';
import { adoptStore } from './adopt-store.ts';
import { copyStore } from './copy-store.ts';
import { giveStoreId } from './give-store-id.ts';
import { openStore, ownPlace, storePlaceOf } from './store-place.ts';
import { StoreProgress } from './store-progress.ts';
import { verifyCopy, type VerifiedCopy } from './verify-copy.ts';

const usage =
  'store takes one of: copy --to <url> [--ahead], verify --to <url>, adopt, restored; each with [--data <folder>]. ' +
  'STORE_TO_URL in the environment does for --to.';

interface StoreOptions {
  readonly settings: Settings;
  readonly to: string | undefined;
  readonly ahead: boolean;
}

/**
 * `store copy`, `store verify` and `store adopt`: a log moves from one engine to another (docs/guides/move-the-log.md). `store restored`: it
 * was set back to an older copy.
 */
export async function runStore([action = '', ...args]: readonly string[], environment: Environment): Promise<number> {
  const actions: Readonly<Record<string, (options: StoreOptions) => Promise<void>>> = { copy, verify, adopt, restored };
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) throw new SettingsFault(usage);
  await run(optionsIn(args, environment));
  return 0;
}

async function copy({ settings, to, ahead }: StoreOptions): Promise<void> {
  await withEngines(settings, ahead ? openEngines : startEngines, async (engines) => {
    const { databaseUrl } = engines;
    const place = storePlaceOf(named(to), databaseUrl);
    const pool = createPool({ url: databaseUrl, connectionsMax: 5 });
    const source = await openStore(ownPlace(engines));
    const target = await openStore(place);
    try {
      const verified = await copyStore({ source, target, pool, databaseUrl, to: place, ahead, print: warn });
      if (verified !== undefined) print(reportOf(verified));
      else
        print(
          'Copied as far as the log went. When the service is stopped, run it again without --ahead: that copies the rest and verifies.',
        );
    } finally {
      await Promise.all([source.dispose(), target.dispose(), pool.end()]);
    }
  });
}

async function verify({ settings, to }: StoreOptions): Promise<void> {
  await withEngines(settings, openEngines, async (engines) => {
    const place = storePlaceOf(named(to), engines.databaseUrl);
    const source = await openStore(ownPlace(engines));
    const target = await openStore(place);
    try {
      const progress = new StoreProgress((await source.head()).position, warn);
      progress.begin('verified');
      print(reportOf(await verifyCopy({ source, target }, (event) => progress.passed(event))));
    } finally {
      await Promise.all([source.dispose(), target.dispose()]);
    }
  });
}

async function adopt({ settings }: StoreOptions): Promise<void> {
  await withEngines(settings, startEngines, async (engines) => {
    const pool = createPool({ url: engines.databaseUrl, connectionsMax: 5 });
    const store = await openStore(ownPlace(engines));
    try {
      const moved = await adoptStore({ store, pool, readModels });
      const trees = moved.map(({ log, size }) => `  ${log}: ${size} leaves, the same root`);
      print(['The database follows this event store. Read models are built anew by the next start.', ...trees].join('\n'));
    } finally {
      await Promise.all([store.dispose(), pool.end()]);
    }
  });
}

async function restored({ settings }: StoreOptions): Promise<void> {
  await withEngines(settings, startEngines, giveStoreId);
  print('The event store has another id now. What was derived from it before halts until it is derived again.');
}

async function withEngines(settings: Settings, open: typeof startEngines, work: (engines: Engines) => Promise<void>): Promise<void> {
  const engines = await open({ ...settings, chain: { kind: 'none' } }, warn);
  try {
    await work(engines);
  } finally {
    await engines.stop();
  }
}

function reportOf({ events, heads }: VerifiedCopy): string {
  const logs = [...heads].map(([slug, { size, root }]) => `  log ${slug}: ${size} leaves, root ${root.toString('hex')}`);
  return [`Both stores hold the same ${events.toLocaleString('en')} events, byte for byte, and the same trees:`, ...logs].join('\n');
}

function named(to: string | undefined): string {
  if (to === undefined) throw new SettingsFault(usage);
  return to;
}

function optionsIn(args: readonly string[], environment: Environment): StoreOptions {
  const options = { to: { type: 'string' }, data: { type: 'string' }, ahead: { type: 'boolean', default: false } } as const;
  try {
    const { to, data, ahead } = parseArgs({ args: [...args], options }).values;
    const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
    return { settings, to: to ?? environment['STORE_TO_URL'], ahead };
  } catch (error) {
    throw error instanceof SettingsFault ? error : new SettingsFault((error as Error).message);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
