import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../../services/read-store/pool.ts';
import { type Answer, RunningApi } from './running-api.ts';
import { ServiceFolder } from './started-service.ts';

/** Each test starts the product twice, on a machine that does other things too. */
jest.setTimeout(300_000);

const writers = 8;
const busyMs = 2_000;

async function openAccount(api: RunningApi): Promise<string> {
  return (await api.post('accounts', 'open', { billing: 'postpaid', currency: 'EUR', creditLimit: '1000' })).id;
}

/** Charges as fast as answers come, until the service is gone; what was answered, by the number of the charge. */
async function chargeUntilItEnds(api: RunningApi, account: string): Promise<Map<number, Answer>> {
  const answered = new Map<number, Answer>();
  let next = 0;
  const write = async () => {
    for (let number = next++; ; number = next++) {
      try {
        answered.set(number, await api.charge(account, number));
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return answered;
}

/** Where Postgres would write next, as a file of the cluster and a place in it. */
async function endOfWal({ runtime }: RunningApi): Promise<{ file: string; offset: number }> {
  const pool = createPool({ url: runtime.databaseUrl, connectionsMax: 1 });
  try {
    const text = 'select file_name as file, file_offset as "offset" from pg_walfile_name_offset(pg_current_wal_insert_lsn())';
    const { rows } = await pool.query<{ file: string; offset: number }>(text);
    return rows[0] as { file: string; offset: number };
  } finally {
    await pool.end();
  }
}

describe('[K15] a disaster', () => {
  let folder: ServiceFolder;
  beforeEach(() => {
    folder = new ServiceFolder();
  });
  afterEach(() => folder.remove());

  it('that kills everything at once loses nothing that was answered', async () => {
    const service = await folder.startUntilReady();
    const api = new RunningApi(folder);
    const account = await openAccount(api);
    const charging = chargeUntilItEnds(api, account);
    await sleep(busyMs);
    await folder.killEverything(service);
    const answered = await charging;
    expect(answered.size).toBeGreaterThan(writers);

    const began = performance.now();
    await folder.startUntilReady();
    const lost: number[] = [];
    for (const [number, { revision, position }] of answered) {
      const again = await api.charge(account, number);
      if (again.revision !== revision || again.position !== position) lost.push(number);
      if (number === 0) process.stdout.write(`Recovery time after kill -9: ${Math.round(performance.now() - began)} ms\n`);
    }
    process.stdout.write(`Recovery point after kill -9: ${lost.length} of ${answered.size} answered commands lost\n`);
    expect(lost).toEqual([]);
  });

  it('that corrupts the tail of the write-ahead log is noticed, and nothing is signed on what is left', async () => {
    const service = await folder.startUntilReady();
    const api = new RunningApi(folder);
    const account = await openAccount(api);
    for (let number = 0; number < 20; number++) await api.charge(account, number);
    await api.head(23n);
    const { file, offset } = await endOfWal(api);
    for (let number = 20; number < 40; number++) await api.charge(account, number);
    await api.head(43n);
    await folder.killEverything(service);

    const wal = openSync(join(folder.path, 'postgres', 'cluster', 'pg_wal', file), 'r+');
    writeSync(wal, Buffer.alloc(64, 0xff), 0, 64, offset);
    closeSync(wal);

    const restarted = await folder.startUntilReady();
    await restarted.printed('A sequencer halted');
    expect(restarted.output).toMatch(/knows a signed head of \d+ leaves, but the event store holds only \d+/);
    expect(restarted.output).toContain('docs/guides/backup-and-restore.md');
    const shown = await api.head();
    expect(shown.size).toBeLessThan(43n);
    await sleep(1_000);
    expect(await api.head()).toEqual(shown);
  });
});
