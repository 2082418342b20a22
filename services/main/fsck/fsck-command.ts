import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { ChainStateFile } from '../embedded/chain-state-file.ts';
import { dataFolderAt } from '../embedded/data-folder.ts';
import { EngineFault } from '../embedded/engine-fault.ts';
import { type Engines, openEngines } from '../embedded/engines.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { openEventStore } from '../open-event-store.ts';
import { type Environment, readSettings, type Settings, SettingsFault } from '../settings.ts';
import { listenForStop } from '../stop-request.ts';
import { fsck } from './fsck.ts';
import type { PartReport } from './part.ts';
import { FsckProgress } from './progress.ts';
import { exitCodes, jsonOf, linesOf, summaryOf, verdictOf } from './report.ts';

/**
 * `fsck [--data <folder>] [--provider <slug>] [--json]`: checks the live databases against the events, beside a running service or on a folder on
 * which nothing runs. Exit code 0 nothing differs, 1 something does, 2 something could not be checked. docs/guides/operate.md.
 */
export async function runFsck(args: readonly string[], environment: Environment): Promise<number> {
  const { data, provider, json } = optionsIn(args);
  const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
  try {
    assertHoldsDatabase(settings);
    return await withEngines(settings, (engines, store) => checkAll({ settings, engines, store, provider, asJson: json }));
  } catch (error) {
    if (error instanceof SettingsFault) throw error;
    // Not 1, with which any other failure of a command ends: that says that something differs.
    process.stderr.write(`tallyroot: fsck could not check: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes['could not check'];
  }
}

/** Ctrl-C and its like. */
class StoppedFault extends Error {
  override readonly name = 'StoppedFault';

  constructor() {
    super('it was stopped.');
  }
}

interface Asked {
  readonly settings: Settings;
  readonly engines: Engines;
  readonly store: EventStore;
  readonly provider: string | undefined;
  readonly asJson: boolean;
}

async function checkAll({ settings, engines, store, provider, asJson }: Asked): Promise<number> {
  const progress = new FsckProgress(process.stderr);
  const { databaseUrl, chainRpcUrl } = engines;
  const rpcUrls = [...(chainRpcUrl === undefined ? [] : [chainRpcUrl]), ...settings.otherChains.map(({ rpcUrl }) => rpcUrl)];
  const reports: PartReport[] = [];
  const stop = listenForStop();
  const onProgress = (what: string, done: bigint, of: bigint) => {
    if (stop.requested) throw new StoppedFault();
    progress.tell(what, done, of);
  };
  for await (const report of fsck({ databaseUrl, store, provider, rpcUrls, dataFolder: settings.dataFolder, onProgress })) {
    // What was started for the check is stopped as after any other; what it was at comes to no result.
    if (stop.requested) throw new StoppedFault();
    reports.push(report);
    progress.clear();
    if (!asJson) process.stdout.write(`${linesOf(report)}\n`);
  }
  progress.clear();
  process.stdout.write(`${asJson ? jsonOf(reports) : summaryOf(reports)}\n`);
  return exitCodes[verdictOf(reports)];
}

async function withEngines(settings: Settings, use: (engines: Engines, store: EventStore) => Promise<number>): Promise<number> {
  const engines = await openWithChain(settings);
  let store: EventStore | undefined;
  try {
    store = await openEventStore(engines);
    return await use(engines, store);
  } finally {
    await store?.dispose();
    await engines.stop();
  }
}

/** A check makes no database where there is none. */
function assertHoldsDatabase({ databaseUrl, dataFolder }: Settings): void {
  const { path, postgres } = dataFolderAt(dataFolder);
  if (databaseUrl === undefined && !existsSync(join(postgres, 'cluster')))
    throw new EngineFault(`${path} holds no database; name the data folder with --data.`);
}

/** Without a chain where there is none, or none that starts: the rest can be checked all the same, and the report says what could not. */
async function openWithChain(settings: Settings): Promise<Engines> {
  const withoutChain = { ...settings, chain: { kind: 'none' } } as const;
  const isAbsent = settings.chain.kind === 'embedded' && !new ChainStateFile(dataFolderAt(settings.dataFolder).chain).exists;
  if (isAbsent || settings.chain.kind === 'none') return openEngines(withoutChain, warn);
  try {
    return await openEngines(settings, warn);
  } catch (error) {
    if (!(error instanceof EngineFault)) throw error;
    warn(error.message);
    return openEngines(withoutChain, warn);
  }
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}

function optionsIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { data: text, provider: text, json: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
