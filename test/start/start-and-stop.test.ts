import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runningPostmaster } from '../../services/main/embedded/postmaster-file.ts';
import { ServiceFolder, StartedCommand } from './started-service.ts';

describe('bin/tallyroot start', () => {
  let folder: ServiceFolder;
  beforeEach(() => {
    folder = new ServiceFolder();
  });
  afterEach(() => folder.remove());

  it('serves on an empty folder, and stops everything it started at Ctrl-C, also when it is pressed twice', async () => {
    const service = await folder.startUntilReady();
    const url = /API +(http:\S+)/.exec(service.output)?.[1] ?? '';
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    expect(statSync(join(folder.path, 'api-key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder.path, 'keys', 'postgres.json')).mode & 0o777).toBe(0o600);
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    const running = folder.engines();
    expect(running.postgres).toBeDefined();
    expect(running.chain).toBeDefined();

    service.signalGroup('SIGINT');
    service.signalGroup('SIGINT');
    expect(await service.exit).toBe(0);
    expect(service.output).toContain('Stopped.');
    expect(folder.engines()).toEqual({ postgres: undefined, chain: undefined });
  });

  it('keeps its data over a second start', async () => {
    const first = await folder.startUntilReady();
    const key = readFileSync(join(folder.path, 'api-key'), 'utf8');
    first.signalGroup('SIGTERM');
    await first.exit;
    await folder.startUntilReady();
    expect(readFileSync(join(folder.path, 'api-key'), 'utf8')).toBe(key);
  });

  it('names the process that uses the data folder already', async () => {
    await folder.startUntilReady();
    const second = folder.start();
    expect(await second.exit).toBe(1);
    expect(second.output).toMatch(
      /^tallyroot: Another Tallyroot process \(\d+\) uses the data folder .* answers at http:.*--data <folder>\.$/m,
    );
  });

  it('lets other commands use the engines of a running service, and leaves them running', async () => {
    await folder.startUntilReady();
    const engines = folder.engines();
    const migration = new StartedCommand(['migrate', '--data', folder.path]);
    expect(await migration.exit).toBe(0);
    expect(folder.engines()).toEqual(engines);
  });

  it('starts the database for a command when nothing runs, and stops it again', async () => {
    const migration = new StartedCommand(['migrate', '--data', folder.path]);
    expect(await migration.exit).toBe(0);
    expect(migration.output).toContain('The database is up to date.');
    expect(runningPostmaster(join(folder.path, 'postgres', 'cluster'))).toBeUndefined();
  });

  it('says which port is taken and leaves nothing running', async () => {
    const server = createServer();
    const port = await listen(server);
    try {
      const service = folder.start('--port', String(port));
      expect(await service.exit).toBe(1);
      expect(service.output).toContain(`tallyroot: Port ${port} is taken by another program`);
      expect(folder.engines()).toEqual({ postgres: undefined, chain: undefined });
    } finally {
      server.close();
    }
  });

  it('says in one sentence what is wrong with a data folder', async () => {
    const service = new StartedCommand(['start', '--data', join(process.execPath, 'data')]);
    expect(await service.exit).toBe(1);
    expect(service.output).toMatch(
      /^tallyroot: The data folder .* cannot be made because a file is in the way; choose another with --data <folder>\.$/m,
    );
  });

  it('answers an unknown command with its usage and exit code 2', async () => {
    const command = new StartedCommand(['strat']);
    expect(await command.exit).toBe(2);
    expect(command.output).toContain('Usage: bin/tallyroot <command> [options]');
  });
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
