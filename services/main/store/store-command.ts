import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { createPool } from '../../read-store/pool.ts';
import { type Engines, openEngines, startEngines } from '../embedded/engines.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { readModels } from '../read-models.ts';
import { type Environment, readSettings, type Settings, SettingsFault } from '../settings.ts';
import { adoptStore } from './adopt-store.ts';
import { copyStore } from './copy-store.ts';
import { giveStoreId } from './give-store-id.ts';
import { openStore, type StorePlace, storePlaceIn, storePlaceOf } from './store-place.ts';
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
  await withEngines(settings, ahead ? openEngines : startEngines, async (engines, closing) => {
    const place = storePlaceOf(named(to), engines.databaseUrl);
    const pool = poolOf(engines, closing);
    const source = await storeAt(storePlaceIn(engines), closing);
    const target = await storeAt(place, closing);
    const verified = await copyStore({ source, target, pool, databaseUrl: engines.databaseUrl, to: place, ahead, print: warn });
    if (verified !== undefined) print(reportOf(verified));
    else print('Copied as far as the log went. Stop the service and run it again without --ahead: that copies the rest and verifies.');
  });
}

async function verify({ settings, to }: StoreOptions): Promise<void> {
  await withEngines(settings, openEngines, async (engines, closing) => {
    const source = await storeAt(storePlaceIn(engines), closing);
    const target = await storeAt(storePlaceOf(named(to), engines.databaseUrl), closing);
    const progress = new StoreProgress((await source.head()).position, warn);
    progress.begin('verified');
    print(reportOf(await verifyCopy({ source, target }, (event) => progress.passed(event))));
  });
}

async function adopt({ settings }: StoreOptions): Promise<void> {
  await withEngines(settings, startEngines, async (engines, closing) => {
    const store = await storeAt(storePlaceIn(engines), closing);
    const moved = await adoptStore({ store, pool: poolOf(engines, closing), readModels });
    const trees = moved.map(({ log, size }) => `  ${log}: ${size} leaves, the same root`);
    print(['The database follows this event store. Read models are built anew by the next start.', ...trees].join('\n'));
  });
}

async function restored({ settings }: StoreOptions): Promise<void> {
  await withEngines(settings, startEngines, giveStoreId);
  print('The event store has another id now. What was derived from it before halts until it is derived again.');
}

/** What a command opened, to be closed in the opposite order. */
type Closing = (() => Promise<void>)[];

async function withEngines(
  settings: Settings,
  open: typeof startEngines,
  work: (engines: Engines, closing: Closing) => Promise<void>,
): Promise<void> {
  const engines = await open({ ...settings, chain: { kind: 'none' } }, warn);
  const closing: Closing = [() => engines.stop()];
  try {
    await work(engines, closing);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function storeAt(place: StorePlace, closing: Closing): Promise<EventStore> {
  const store = await openStore(place);
  closing.push(() => store.dispose());
  return store;
}

function poolOf({ databaseUrl }: Engines, closing: Closing): Pool {
  const pool = createPool({ url: databaseUrl, connectionsMax: 5 });
  closing.push(() => pool.end());
  return pool;
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
