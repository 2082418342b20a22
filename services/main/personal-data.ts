import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { systemClock } from '../commands/application/clock.ts';
import { PostgresVaultStore } from '../privacy/adapters/postgres/postgres.vault-store.ts';
import { PersonalDataQuery } from '../privacy/application/personal-data-query.ts';
import { PersonalExport } from '../privacy/application/personal-export.ts';
import { Persons } from '../privacy/application/persons.ts';
import { Vault } from '../privacy/application/vault.ts';
import { createPool } from '../read-store/pool.ts';
import { EngineFault } from './embedded/engine-fault.ts';
import { type Engines, openEngines } from './embedded/engines.ts';
import { lastDataFolder } from './embedded/last-data-folder.ts';
import { localProvider } from './local-provider.ts';
import { openEventStore } from './open-event-store.ts';
import { wrappingKeyFile } from './privacy.ts';
import { type Environment, readSettings, type Settings, SettingsFault } from './settings.ts';

const subjectsAtOnce = 500;

/**
 * `personal-data rotate-key [--finish]` and `personal-data export --out <file> [--provider <slug>]`, each with `--data <folder>`: beside a
 * running service, or on a folder on which nothing runs. docs/guides/personal-data.md.
 */
export async function runPersonalData(args: readonly string[], environment: Environment): Promise<number> {
  const [action, options] = [args[0], optionsIn(args.slice(1))];
  const settings = readSettings(options.data === undefined ? [] : ['--data', options.data], environment, lastDataFolder());
  if (action === 'rotate-key') return withPool(settings, (pool) => rotateKey(pool, settings, options.finish));
  if (action !== 'export') throw new SettingsFault('personal-data takes rotate-key or export.');
  if (options.out === undefined) throw new SettingsFault('personal-data export needs --out <file>.');
  const { out, provider } = options;
  return withPool(settings, (pool, engines) => exportOpenings({ pool, engines, settings, provider, out: resolve(out) }));
}

/**
 * In two steps, since a process of the service may be about to use the key that was current a moment ago: the first adds a key and wraps
 * everything under it, the second does so again and drops the older ones.
 */
async function rotateKey(pool: Pool, settings: Settings, finishes: boolean): Promise<number> {
  const keys = wrappingKeyFile(placesOf(settings));
  const vault = new Vault(new PostgresVaultStore(pool), keys);
  if (!finishes) await keys.add();
  let count = 0;
  for (const id of await keys.older()) count += await vault.rewrapFrom(id);
  if (finishes) await keys.dropOlder();
  const next = finishes
    ? 'The older keys are dropped: destroy every other copy of them.'
    : 'Run `rotate-key --finish` in a minute or later to drop the older keys.';
  process.stdout.write(`${count} keys of persons lie under the new key now. ${next}\n`);
  return 0;
}

interface OpeningsToExport {
  readonly pool: Pool;
  readonly engines: Engines;
  readonly settings: Settings;
  readonly provider: string;
  readonly out: string;
}

/** The personal data of all persons of a provider with their salts, one version a line, for `verify --personal-data`. */
async function exportOpenings({ pool, engines, settings, provider, out }: OpeningsToExport): Promise<number> {
  const eventStore = await openEventStore(engines);
  try {
    const [store, persons] = [new PostgresVaultStore(pool), new Persons(eventStore)];
    const vault = new Vault(store, wrappingKeyFile(placesOf(settings)));
    const all = new PersonalExport({ persons, vault, query: new PersonalDataQuery(persons, vault), clock: systemClock });
    const file = await open(out, 'wx', 0o600).catch((error: unknown) => {
      throw new EngineFault(`${out} cannot be made: ${(error as Error).message}`);
    });
    let count = 0;
    try {
      for await (const subject of subjectsOf(store, provider)) {
        for await (const opening of all.openings(provider, subject)) {
          await file.write(`${JSON.stringify(opening)}\n`);
          count++;
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    process.stdout.write(
      `${count} versions of personal data of ${provider} in ${out}. It holds them in the clear: keep it as you keep those.\n`,
    );
    return 0;
  } finally {
    await eventStore.dispose();
  }
}

async function* subjectsOf(store: PostgresVaultStore, provider: string): AsyncGenerator<string> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const subjects: readonly string[] = await store.subjects(provider, after, subjectsAtOnce);
    yield* subjects;
    after = subjects.at(-1);
  }
}

async function withPool(settings: Settings, work: (pool: Pool, engines: Engines) => Promise<number>): Promise<number> {
  const engines = await openEngines({ ...settings, chain: { kind: 'none' } }, (text) => void process.stderr.write(`${text}\n`));
  const pool = createPool({ url: engines.databaseUrl });
  try {
    return await work(pool, engines);
  } finally {
    await pool.end();
    await engines.stop();
  }
}

function placesOf({ dataFolder, personalDataKeyFile }: Settings) {
  return { keysFolder: join(dataFolder, 'keys'), personalDataKeyFile };
}

function optionsIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({ args: [...args], options: { data: text, out: text, provider: text, finish: { type: 'boolean' } } });
    return { ...values, provider: values.provider ?? localProvider.slug, finish: values.finish ?? false };
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
