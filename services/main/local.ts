import { pino } from 'pino';
import { chainAccessOf } from './chain-access.ts';
import { dataFolderAt } from './embedded/data-folder.ts';
import { recordDeployedContract } from './embedded/deployed-contract.ts';
import { EngineFault } from './embedded/engine-fault.ts';
import { type Engines, startEngines } from './embedded/engines.ts';
import { isPortFree } from './embedded/free-port.ts';
import { localProvider } from './local-provider.ts';
import { migrateWith } from './migrate.ts';
import { demandPublicOrigin } from './public-origin-setting.ts';
import { openService, type Service } from './service.ts';
import type { ServiceOptions } from './service/service-options.ts';
import type { Settings } from './settings.ts';
import { listenForStop } from './stop-request.ts';
import { forgottenChains, paymentsText } from './watched-payments.ts';

/**
 * Everything in one process: engines, migrations and every role. Returns after a stop was asked for and everything that was started here
 * has ended: first the HTTP interface with its requests, writers and readers, then the chain, then Postgres.
 */
export async function runLocal(settings: Settings): Promise<void> {
  demandPublicOrigin(settings);
  const stop = listenForStop();
  const began = performance.now();
  const engines = await startEngines(settings, warn);
  let service: Service | undefined;
  try {
    await assertPortIsFree(settings);
    if (!stop.requested) await migrateWith(engines);
    if (!stop.requested) service = await open(settings, engines);
    if (service !== undefined) {
      engines.announce(service.url);
      print(await welcome(service, settings, engines, performance.now() - began));
      const forgotten = await forgottenChains(settings.settlementChains, service.pool);
      if (forgotten !== undefined) warn(forgotten);
      await stop.whenRequested;
    }
    print('Stopping: running requests are finished first ...');
    engines.announceStopping();
  } finally {
    await service?.close();
    await engines.stop();
  }
  print('Stopped.');
}

/** The service on these engines. Remembers the contract that it deployed, so that a chain which lost it is noticed at the next start. */
export async function openLocalService(settings: Settings, engines: Engines): Promise<Service> {
  const {
    dataFolder,
    personalDataKeyFile,
    quotePasswordFile,
    host,
    port,
    logLevel,
    role,
    otherChains,
    settlementChains,
    reconcileHours,
    checkoutLimits,
    publicOrigin,
    witnesses,
  } = settings;
  const { databaseUrl, eventStoreUrl } = engines;
  const folder = dataFolderAt(dataFolder);
  const access = chainAccessOf(settings, engines);
  const chain = access === undefined ? {} : { chain: access };
  const logger = pino({ level: logLevel }, pino.destination(2));
  const service = await openService({
    ...{ databaseUrl, eventStoreUrl, dataFolder, personalDataKeyFile, quotePasswordFile, publicOrigin, host, port, logger },
    ...{ otherChains, settlementChains, witnesses, checkoutLimits, reconciling: { everyMs: reconcileHours * 3_600_000 } },
    ...chain,
    ...rolesOf(role),
  });
  const { contract } = service.integrity;
  if (contract !== undefined) {
    // A deployment of the last second may be lost by a crash. It is then done again, and not taken for a chain that lost its state.
    const recorded = engines.chainIsKept().then(() => recordDeployedContract(folder, contract));
    recorded.catch((error: unknown) => logger.warn(error, 'The deployed contract could not be remembered; the next start tries again.'));
  }
  return service;
}

/** The API is there in every role: it also answers for the health of the process. */
function rolesOf(role: Settings['role']): Pick<ServiceOptions, 'roles'> {
  if (role === 'all') return {};
  return { roles: role === 'api' ? [] : [role] };
}

async function open(settings: Settings, engines: Engines): Promise<Service> {
  const { port } = settings;
  try {
    return await openLocalService(settings, engines);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portTaken(port) : error;
  }
}

async function assertPortIsFree({ host, port }: Settings): Promise<void> {
  if (port !== 0 && host === '127.0.0.1' && !(await isPortFree(port))) throw portTaken(port);
}

function portTaken(port: number): EngineFault {
  return new EngineFault(`Port ${port} is taken by another program; stop that one or choose another port with --port <number> (0: any).`);
}

async function welcome(
  service: Service,
  { dataFolder, settlementChains }: Settings,
  { eventStoreUrl, chainRpcUrl }: Engines,
  readyMs: number,
): Promise<string> {
  const { url, keyFiles, integrity } = service;
  const { slug } = localProvider;
  return [
    `Tallyroot is ready after ${(readyMs / 1000).toFixed(1)} s.`,
    `  API        ${url}`,
    `  API docs   ${url}/docs`,
    `  API key    ${keyFiles.apiKey}`,
    `  log        ${url}/logs/${slug}/`,
    `  genesis    ${await integrity.logs.genesisHashOf(slug)}`,
    `  data       ${dataFolder}`,
    `  events     ${eventStoreUrl === undefined ? 'in Postgres' : 'in the EventStoreDB of EVENTSTORE_URL'}`,
    `  chain      ${chainRpcUrl ?? 'none: tree heads are signed, not anchored'}`,
    `  payments   ${paymentsText(settlementChains)}`,
    'Ctrl-C stops it and everything it started.',
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
