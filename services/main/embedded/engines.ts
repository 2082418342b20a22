import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startChain } from './chain.ts';
import {
  type DataFolder,
  dataFolderAt,
  holdDataFolder,
  inUse,
  readRuntime,
  writeRuntime,
  type HeldFolder,
  type Runtime,
} from './data-folder.ts';
import { assertContractIsOnChain, deployedContract } from './deployed-contract.ts';
import { assertDatabaseAnswers, chainAnswers, chainIsAway } from './external-engines.ts';
import { rememberDataFolder } from './last-data-folder.ts';
import { startPostgres } from './postgres.ts';

export interface EngineSettings {
  /** Absolute path of the data folder. */
  readonly dataFolder: string;
  /** Of the service's role on a Postgres of the user; undefined: the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Of the role that owns the event store there; undefined: the same as `databaseUrl`. */
  readonly databaseOwnerUrl: string | undefined;
  /** Of an EventStoreDB that holds the events; undefined: they lie in the database. */
  readonly eventStoreUrl: string | undefined;
  readonly chain: { readonly kind: 'embedded' } | { readonly kind: 'none' } | { readonly kind: 'remote'; readonly url: string };
}

/** A database and a chain to work with, wherever they run. */
export interface Engines {
  readonly databaseOwnerUrl: string;
  readonly databaseUrl: string;
  /** Undefined: events lie in the database. */
  readonly eventStoreUrl: string | undefined;
  /** Undefined: the ledger works without anchoring. */
  readonly chainRpcUrl: string | undefined;
  /** Resolves when what is on the embedded chain now would survive any crash. Other chains keep their state themselves. */
  chainIsKept(): Promise<void>;
  /** Tells other processes, by the data folder, at which address this one answers. */
  announce(url: string): void;
  /** Tells other processes that this one lets go of the data folder as soon as it has drained. */
  announceStopping(): void;
  /** Stops what was started here, chain before Postgres, and nothing else; then lets go of the data folder. Safe to call again. */
  stop(): Promise<void>;
}

type Warn = (text: string) => void;

const otherStartMsMax = 60_000;

/**
 * Takes the data folder and starts the engines that the settings do not name. What a killed process left running is gone on with. Throws
 * EngineFault when the user has to mend something; then nothing stays running.
 */
export async function startEngines(settings: EngineSettings, warn: Warn): Promise<Engines> {
  const folder = dataFolderAt(settings.dataFolder);
  const held = await holdDataFolder(folder);
  if (held === undefined) throw inUse(folder);
  return startIn(held, settings, warn);
}

/**
 * As `startEngines`, but when another process runs on this data folder its engines are used, and `stop` leaves them alone. For
 * commands that look at a ledger beside the service.
 */
export async function openEngines(settings: EngineSettings, warn: Warn): Promise<Engines> {
  const folder = dataFolderAt(settings.dataFolder);
  for (const deadline = Date.now() + otherStartMsMax; Date.now() < deadline; await delay(100)) {
    const held = await holdDataFolder(folder, { graceMs: 0 });
    if (held !== undefined) return startIn(held, settings, warn);
    const runtime = readRuntime(folder);
    if (runtime !== undefined && runtime.stopping !== true) return borrowed(runtime);
  }
  throw inUse(folder);
}

async function startIn(held: HeldFolder, settings: EngineSettings, warn: Warn): Promise<Engines> {
  const { folder } = held;
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of stops.splice(0).reverse()) await step();
    rmSync(folder.runtime, { force: true });
    held.release();
  };
  try {
    rmSync(folder.runtime, { force: true }); // Of a process that was killed.
    rememberDataFolder(folder.path);
    const postgres = settings.databaseUrl === undefined ? await startPostgres(folder) : undefined;
    if (postgres !== undefined) stops.push(() => postgres.stop());
    else await assertDatabasesAnswer(settings);
    const chain = settings.chain.kind === 'embedded' ? await startChain(folder, warn) : undefined;
    if (chain !== undefined) stops.push(() => chain.stop());
    const chainRpcUrl = settings.chain.kind === 'remote' ? settings.chain.url : chain?.rpcUrl;
    if (settings.chain.kind === 'remote') await lookAtRemoteChain(folder, settings.chain.url, warn);
    else if (chainRpcUrl !== undefined) await assertContractIsOnChain(folder, chainRpcUrl);

    const databaseUrl = postgres?.serviceUrl ?? settings.databaseUrl ?? '';
    const databaseOwnerUrl = postgres?.ownerUrl ?? settings.databaseOwnerUrl ?? databaseUrl;
    const { eventStoreUrl } = settings;
    let runtime: Runtime = {
      ...{ databaseOwnerUrl, databaseUrl },
      ...(eventStoreUrl !== undefined && { eventStoreUrl }),
      ...(chainRpcUrl !== undefined && { chainRpcUrl }),
    };
    const publish = (change: Partial<Runtime>): void => {
      runtime = { ...runtime, ...change };
      writeRuntime(folder, runtime);
    };
    publish({});
    return {
      databaseOwnerUrl,
      databaseUrl,
      eventStoreUrl,
      chainRpcUrl,
      chainIsKept: () => chain?.kept() ?? Promise.resolve(),
      announce: (url) => publish({ url }),
      announceStopping: () => publish({ stopping: true }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A chain that is away keeps nobody from starting who has been there: the ledger works without it and anchors when it is back. */
async function lookAtRemoteChain(folder: DataFolder, url: string, warn: Warn): Promise<void> {
  if (await chainAnswers(url)) return assertContractIsOnChain(folder, url);
  if (deployedContract(folder) === undefined) throw chainIsAway();
  warn('The chain node of CHAIN_RPC_URL does not answer: the ledger works without it, and anchors when it is back.');
}

async function assertDatabasesAnswer({ databaseUrl, databaseOwnerUrl }: EngineSettings): Promise<void> {
  if (databaseUrl !== undefined) await assertDatabaseAnswers('DATABASE_URL', databaseUrl);
  if (databaseOwnerUrl !== undefined) await assertDatabaseAnswers('DATABASE_OWNER_URL', databaseOwnerUrl);
}

function borrowed({ databaseOwnerUrl, databaseUrl, eventStoreUrl, chainRpcUrl }: Runtime): Engines {
  const nothing = (): void => undefined;
  const done = (): Promise<void> => Promise.resolve();
  const actions = { chainIsKept: done, announce: nothing, announceStopping: nothing, stop: done };
  return { databaseOwnerUrl, databaseUrl, eventStoreUrl, chainRpcUrl, ...actions };
}
