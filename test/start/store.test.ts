import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { ServiceFolder, StartedCommand } from './started-service.ts';

jest.setTimeout(240_000);

const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

async function store(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const command = new StartedCommand(['store', ...args], { CHAIN_RPC_URL: 'none', ...environment });
  return { exitCode: await command.exit, output: command.output };
}

describe('bin/tallyroot store', () => {
  let folder: ServiceFolder;
  beforeEach(() => {
    folder = new ServiceFolder();
  });
  afterEach(() => folder.remove());

  it('moves a ledger from the embedded Postgres to another one, on which it is served as before', async () => {
    const target = await freshDatabase();
    databases.push(target);
    const environment = { STORE_TO_URL: target.serviceUrl };
    const service = await folder.startUntilReady();
    const { url } = JSON.parse(readFileSync(join(folder.path, 'runtime.json'), 'utf8')) as { url: string };
    const token = readFileSync(join(folder.path, 'api-key'), 'utf8').trim();
    const open = (at: string) =>
      fetch(`${at}/v1/accounts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'open' },
        body: '{"billing":"prepaid","currency":"EUR"}',
      });
    const opened = (await (await open(url)).json()) as { id: string };

    const busy = await store(['copy', '--data', folder.path], environment);
    expect(busy).toMatchObject({ exitCode: 1, output: expect.stringContaining('uses the data folder') });
    const ahead = await store(['copy', '--data', folder.path, '--ahead'], environment);
    expect(ahead).toMatchObject({ exitCode: 0, output: expect.stringContaining('run it again without --ahead') });
    service.signalGroup('SIGTERM');
    expect(await service.exit).toBe(0);

    const copied = await store(['copy', '--data', folder.path, '--to', target.serviceUrl]);
    expect(copied.exitCode).toBe(0);
    expect(copied.output).toMatch(/0 events copied; \d+ were there before/);
    const report = /Both stores hold the same \d+ events[^]*/.exec(copied.output)?.[0];
    expect(report).toMatch(/ {2}log demo: \d+ leaves, root [0-9a-f]{64}\n/);
    const verified = await store(['verify', '--data', folder.path], environment);
    expect(verified).toEqual({ exitCode: 0, output: report });

    const moved = new StartedCommand(['start', '--data', folder.path, '--port', '0'], {
      ...{ CHAIN_RPC_URL: 'none', DATABASE_URL: target.serviceUrl, DATABASE_OWNER_URL: target.ownerUrl },
    });
    try {
      await moved.printed('Ctrl-C');
      const at = (JSON.parse(readFileSync(join(folder.path, 'runtime.json'), 'utf8')) as { url: string }).url;
      const again = await open(at);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(await again.json()).toMatchObject({ id: opened.id });
    } finally {
      moved.signalGroup('SIGTERM');
    }
    expect(await moved.exit).toBe(0);
  });

  it.each([
    [[], 2, 'store takes one of: copy --to <url>'],
    [['sell'], 2, 'store takes one of: copy --to <url>'],
    [['copy'], 2, 'store takes one of: copy --to <url>'],
    [['copy', '--to', 'mysql://me:secret@db'], 2, '--to takes a URL that begins with postgres://'],
    [['copy', '--to', 'postgres'], 1, 'make its tables with'],
    [['copy', '--to', 'postgres://127.0.0.1:1/nowhere'], 1, 'The event store cannot be used'],
  ])('answers %j with exit code %i and one sentence', async (args, exitCode, message) => {
    const answer = await store([...args.slice(0, 1), ...(args.length > 0 ? ['--data', folder.path] : []), ...args.slice(1)]);
    expect(answer.exitCode).toBe(exitCode);
    expect(answer.output).toContain(message);
    expect(answer.output).not.toContain('secret');
    expect(answer.output.trim().split('\n')).toHaveLength(1);
  });
});
