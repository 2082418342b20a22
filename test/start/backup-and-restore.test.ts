import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { copyFolder } from '../../services/main/embedded/copy-folder.ts';
import { PostgresHeadStore } from '../../services/integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../../services/integrity/adapters/postgres/postgres.leaf-store.ts';
import { LogQuery } from '../../services/integrity/application/log-query.ts';
import { createPool } from '../../services/read-store/pool.ts';
import { ServiceFolder, StartedCommand } from './started-service.ts';

/** A whole product is started four times, on a machine that does other things too. */
jest.setTimeout(300_000);

interface Answer {
  readonly id: string;
  readonly position: string;
  readonly revision: string;
}

/** A started service as its users meet it. */
class Api {
  readonly #folder: ServiceFolder;

  constructor(folder: ServiceFolder) {
    this.#folder = folder;
  }

  get runtime(): { url: string; databaseUrl: string; chainRpcUrl: string } {
    return JSON.parse(readFileSync(join(this.#folder.path, 'runtime.json'), 'utf8')) as {
      url: string;
      databaseUrl: string;
      chainRpcUrl: string;
    };
  }

  get token(): string {
    return readFileSync(join(this.#folder.path, 'api-key'), 'utf8').trim();
  }

  async post(path: string, key: string, body: object): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json', 'idempotency-key': key };
    const answer = await fetch(`${this.runtime.url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Answer;
  }

  charge(account: string, number: number): Promise<Answer> {
    const body = { amount: '0.01', currency: 'EUR', product: 'tv', description: `Charge ${number}` };
    return this.post(`accounts/${account}/charges`, `charge-${number}`, body);
  }

  /** Size and root of the published head, once it covers so many leaves. */
  async head(sizeMin = 1n): Promise<{ size: bigint; root: string }> {
    for (const deadline = Date.now() + 30_000; ; await pause(50)) {
      const answer = await fetch(`${this.runtime.url}/logs/demo/checkpoint`);
      const [, size = '0', root = ''] = answer.ok ? (await answer.text()).split('\n') : [];
      if (BigInt(size) >= sizeMin) return { size: BigInt(size), root };
      if (Date.now() > deadline) throw new Error(`The head is still of ${size} leaves.`);
    }
  }

  async rootAt(size: bigint): Promise<string> {
    const pool = createPool({ url: this.runtime.databaseUrl, connectionsMax: 1 });
    try {
      return (await new LogQuery(new PostgresLeafStore(pool), new PostgresHeadStore(pool)).rootAt('demo', size)).toString('base64');
    } finally {
      await pool.end();
    }
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const genesisIn = (output: string) => /genesis +([0-9a-f]{64})/.exec(output)?.[1];

async function stop(service: StartedCommand): Promise<void> {
  service.signalGroup('SIGTERM');
  expect(await service.exit).toBe(0);
}

function killEverything(folder: ServiceFolder, service: StartedCommand): void {
  service.signalGroup('SIGKILL');
  const { postgres, chain } = folder.engines();
  for (const pid of [postgres, chain]) if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

async function verified(api: Api, genesis: string): Promise<string> {
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
    const api = new Api(folder);
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
    killEverything(folder, service);
    await service.exit;

    const began = performance.now();
    const restored = await other.startUntilReady();
    const restoreMs = performance.now() - began;
    expect(genesisIn(restored.output)).toBe(genesis);
    const again = new Api(other);
    // What was answered before the backup began is answered again, without being written again.
    const last = await again.charge(account, answered - 1);
    expect(last).toMatchObject({ revision: String(answered) });
    expect(await again.rootAt(before.size)).toBe(before.root);
    const next = await again.charge(account, 1_000_000);
    const head = await again.head(BigInt(next.position));
    expect(head.size).toBeGreaterThan(before.size);
    const verdict = await verified(again, genesis);
    expect(verdict).toMatch(/^VALID \(no chain checked\)/);
    expect(restoreMs).toBeLessThan(60_000);
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
    await again.charge(account, 2_000_000);
    await pause(1_000);
    expect(await again.head()).toEqual(shown);
    expect(shown.size).toBeLessThan(head.size);
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
