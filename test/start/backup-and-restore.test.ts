import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresEventStore } from '../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { copyFolder } from '../../services/main/embedded/copy-folder.ts';
import { readModels } from '../../services/main/read-models.ts';
import { createPool } from '../../services/read-store/pool.ts';
import { ProjectionProgress } from '../../services/read-store/projection-progress.ts';
import { hashesOf, ReadModels } from '../projections/read-models.ts';
import { RunningApi } from './running-api.ts';
import { ServiceFolder, StartedCommand } from './started-service.ts';

/** A whole product is started four times, on a machine that does other things too. */
jest.setTimeout(300_000);

const genesisIn = (output: string) => /genesis +([0-9a-f]{64})/.exec(output)?.[1];

async function stop(service: StartedCommand): Promise<void> {
  service.signalGroup('SIGTERM');
  expect(await service.exit).toBe(0);
}

/** The read models of the started service, once they have caught up. */
async function followed({ runtime }: RunningApi): Promise<Readonly<Record<string, string>>> {
  const pool = createPool({ url: runtime.databaseUrl });
  const store = new PostgresEventStore({ url: runtime.databaseUrl });
  try {
    const progress = new ProjectionProgress(pool);
    const { position } = await store.head();
    for (const { name, version } of readModels) await progress.waitFor({ name, version }, { position, timeoutMs: 60_000 });
    return await hashesOf(pool, readModels);
  } finally {
    await store.dispose();
    await pool.end();
  }
}

/** The same from the log alone, into a database of its own. */
async function replayed({ runtime }: RunningApi): Promise<Readonly<Record<string, string>>> {
  const store = new PostgresEventStore({ url: runtime.databaseUrl });
  const models = await ReadModels.create();
  try {
    await models.rebuild(store, readModels);
    return await models.hashes(readModels);
  } finally {
    await models.drop();
    await store.dispose();
  }
}

async function verified(api: RunningApi, genesis: string): Promise<string> {
  const { url } = api.runtime;
  const verify = new StartedCommand(['verify', '--log', `${url}/logs/demo/`, '--genesis', genesis, '--token', api.token, '--offline']);
  await verify.exit;
  return verify.output;
}

describe('[K15] a backup', () => {
  let folder: ServiceFolder;
  let other: ServiceFolder;
  beforeEach(() => {
    folder = new ServiceFolder();
    other = new ServiceFolder();
  });
  afterEach(async () => {
    await folder.remove();
    await other.remove();
  });

  it('that was taken while the service worked holds all that was answered before, and an older one is not signed on', async () => {
    const service = await folder.startUntilReady();
    const genesis = genesisIn(service.output)!;
    const api = new RunningApi(folder);
    const { id: account } = await api.post('accounts', 'open', { billing: 'postpaid', currency: 'EUR', creditLimit: '1000' });
    for (let number = 0; number < 50; number++) await api.charge(account, number);
    const before = await api.head(53n);

    let written = 50;
    let isBusy = true;
    const writer = (async () => {
      while (isBusy) await api.charge(account, written++);
    })();
    const answered = written;
    const backup = new StartedCommand(['backup', '--data', folder.path, '--out', other.path]);
    expect([await backup.exit, backup.output]).toEqual([0, expect.stringContaining(`The backup is in ${other.path}`)]);
    isBusy = false;
    await writer;
    expect(statSync(other.path).mode & 0o777).toBe(0o700);

    // The disaster: everything is gone at once, and the machine with it.
    const kept = `${other.path}-kept`;
    await copyFolder(other.path, kept, { leaveOut: () => false });
    await folder.killEverything(service);

    const began = performance.now();
    const restored = await other.startUntilReady();
    const restoreMs = performance.now() - began;
    expect(genesisIn(restored.output)).toBe(genesis);
    const again = new RunningApi(other);
    // What was answered before the backup began is answered again, without being written again.
    const last = await again.charge(account, answered - 1);
    expect(last).toMatchObject({ revision: String(answered) });
    expect(await again.rootAt(before.size)).toBe(before.root);
    const next = await again.charge(account, 1_000_000);
    for (let number = 0; number < 20; number++)
      await again.post('accounts', `account-${number}`, { billing: 'postpaid', currency: 'EUR', creditLimit: '1000' });
    const head = await again.head(BigInt(next.position) + 20n);
    expect(head.size).toBeGreaterThan(before.size);
    const verdict = await verified(again, genesis);
    expect(verdict).toMatch(/^VALID \(no chain checked\)/);
    process.stdout.write(`Recovery time from a backup: ${Math.round(restoreMs)} ms\n`);
    expect(await replayed(again)).toEqual(await followed(again));
    const mirror = join(other.path, '..', 'mirror');
    const exported = new StartedCommand(['export', '--data', other.path, '--out', mirror]);
    expect([await exported.exit, exported.output]).toEqual([0, expect.stringContaining('files of demo')]);
    await stop(restored);

    // Somebody puts the database of the older copy under the keys of today.
    rmSync(join(other.path, 'postgres'), { recursive: true });
    renameSync(join(kept, 'postgres'), join(other.path, 'postgres'));
    rmSync(kept, { recursive: true });
    const older = await other.startUntilReady();
    await older.printed('A sequencer halted');
    expect(older.output).toMatch(/knows a signed head of \d+ leaves, but the event store holds only \d+/);
    expect(older.output).toContain('docs/guides/backup-and-restore.md');
    const shown = await again.head();
    await expect(again.charge(account, 2_000_000)).rejects.toThrow('"code":"log_behind"');
    await sleep(1_000);
    expect(await again.head()).toEqual(shown);
    expect(shown.size).toBeLessThan(head.size);
    await stop(older);

    // What is missing comes back from the mirror, even if the recovery is killed in the middle.
    const recover = () => new StartedCommand(['recover', '--from', mirror, '--data', other.path]);
    const killed = recover();
    await killed.printed('are missing and are appended now');
    killed.signalGroup('SIGKILL');
    await killed.exit;
    const recovered = recover();
    expect([await recovered.exit, recovered.output]).toEqual([0, expect.stringMatching(/The log has \d+ leaves, root [0-9a-f]{64}\./)]);
    expect(recovered.output).toMatch(/the file of the last head in .* knows this history/);
    const whole = await other.startUntilReady();
    expect(genesisIn(whole.output)).toBe(genesis);
    expect(await again.charge(account, 1_000_000)).toMatchObject({ revision: next.revision });
    const { position } = await again.charge(account, 3_000_000);
    const final = await again.head(BigInt(position));
    expect(await again.rootAt(head.size)).toBe(head.root);
    expect(final.size).toBeGreaterThan(head.size);
    expect(await verified(again, genesis)).toMatch(/^VALID \(no chain checked\)/);
    await stop(whole);
  });

  it('is refused where it could do harm, and leaves nothing half done', async () => {
    const run = async (...args: string[]) => {
      const command = new StartedCommand(['backup', ...args]);
      return { exitCode: await command.exit, output: command.output };
    };
    const service = await folder.startUntilReady();
    await stop(service);
    expect(await run('--data', folder.path)).toEqual({ exitCode: 2, output: 'tallyroot: backup needs --out <folder>.\n' });
    expect(await run('--data', `${folder.path}-none`, '--out', other.path)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('holds no database'),
    });
    expect(await run('--data', folder.path, '--out', folder.path)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('exists already'),
    });
    expect(existsSync(other.path)).toBe(false);
    // On a folder on which nothing runs it starts Postgres for the time it takes.
    expect(await run('--data', folder.path, '--out', other.path)).toMatchObject({ exitCode: 0 });
    expect(folder.engines()).toEqual({ postgres: undefined, chain: undefined });
    await other.startUntilReady();
  });
});
