import { pino } from 'pino';
import { EngineFault } from './embedded/engine-fault.ts';
import { type Engines, startEngines } from './embedded/engines.ts';
import { isPortFree } from './embedded/free-port.ts';
import { migrateWith } from './migrate.ts';
import { openService, type Service } from './service.ts';
import type { Settings } from './settings.ts';
import { listenForStop } from './stop-request.ts';

/**
 * Everything in one process: engines, migrations and every role. Returns after a stop was asked for and everything that was started here
 * has ended: first the HTTP interface with its requests, writers and readers, then the chain, then Postgres.
 */
export async function runLocal(settings: Settings): Promise<void> {
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
      print(welcome(service, settings, engines, performance.now() - began));
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

async function open({ dataFolder, host, port, logLevel }: Settings, { databaseUrl }: Engines): Promise<Service> {
  try {
    return await openService({ databaseUrl, dataFolder, host, port, logger: pino({ level: logLevel }, pino.destination(2)) });
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

function welcome({ url, keyFiles }: Service, { dataFolder }: Settings, { chainRpcUrl }: Engines, readyMs: number): string {
  return [
    `Tallyroot is ready after ${(readyMs / 1000).toFixed(1)} s.`,
    `  API        ${url}`,
    `  API docs   ${url}/docs`,
    `  API key    ${keyFiles.apiKey}`,
    `  data       ${dataFolder}`,
    `  chain      ${chainRpcUrl ?? 'none: tree heads are signed, not anchored'}`,
    'Ctrl-C stops it and everything it started.',
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
