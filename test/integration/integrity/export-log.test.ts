import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DiscoveredLogs } from '../../../services/integrity/application/discovered-logs.ts';
import type { AnchorRecord } from '../../../services/integrity/application/anchors-query.ts';
import { ExportRefusedFault, exportLog } from '../../../services/integrity/application/export-log.ts';
import { LogFiles } from '../../../services/integrity/application/log-files.ts';
import type { Sequencer } from '../../../services/integrity/application/sequencer.ts';
import { verifyLog } from '../../../services/main/demo/verify-log.ts';
import { appendCharges, type Fixture, openFixture, untilSigned } from './log-fixture.ts';

let fixture: Fixture;
let sequencer: Sequencer;
let folder: string;

beforeEach(async () => {
  fixture = await openFixture();
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-export-'));
  await appendCharges(fixture, 'north.account-1', 300);
  sequencer = fixture.sequencer();
  sequencer.start();
  await untilSigned(fixture);
});

afterEach(async () => {
  await sequencer.stop();
  await fixture.close();
  await rm(folder, { recursive: true });
});

function filesOf(anchors: () => Promise<readonly AnchorRecord[]> = async () => []): LogFiles {
  const { store, leaves, heads } = fixture;
  return new LogFiles({ store, leaves, heads, logs: new DiscoveredLogs(store), anchors: { anchors } });
}

async function payloadLines(out: string, name: string): Promise<Record<string, string>[]> {
  const text = await readFile(join(out, 'payloads', name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);
}

describe('an export', () => {
  it('holds the log under one head while the log grows', async () => {
    const out = join(folder, 'out');
    // Anchors are asked for in the middle of it.
    const growing = async () => {
      await appendCharges(fixture, 'north.account-1', 400);
      const head = await untilSigned(fixture);
      const [contract, logId] = [`0x${'1'.repeat(40)}`, `0x${'2'.repeat(64)}`];
      const place = { seq: '1', block: '1', blockHash: `0x${'3'.repeat(64)}`, tx: `0x${'4'.repeat(64)}` };
      return [{ chainId: '1', contract, logId, size: `${head.size}`, root: `0x${head.root.toString('hex')}`, ...place }];
    };
    await exportLog(filesOf(growing), 'north', out);
    expect((await readFile(join(out, 'checkpoint'), 'utf8')).split('\n')[1]).toBe('301');
    expect(await payloadLines(out, '001.jsonl')).toHaveLength(45);
    expect(await readFile(join(out, 'anchors.jsonl'), 'utf8')).toBe('');
    expect(await readdir(join(out, 'tile', '0'))).toEqual(['000', '001.p']);
    const { exitCode, output } = await verifyLog({ log: out, genesisHash: fixture.log.genesisHash, rpcUrl: undefined });
    expect([exitCode, output]).toEqual([0, expect.stringContaining('VALID')]);
  });

  it('takes the place of an empty folder and of an earlier export, and leaves nothing beside it', async () => {
    const out = join(folder, 'out');
    await mkdir(out);
    await exportLog(filesOf(), 'north', `${out}/`);
    await appendCharges(fixture, 'north.account-1', 1);
    await untilSigned(fixture);
    await exportLog(filesOf(), 'north', out);
    expect((await readFile(join(out, 'checkpoint'), 'utf8')).split('\n')[1]).toBe('302');
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('is refused where something else lies, even under one of its names', async () => {
    await writeFile(join(folder, 'checkpoint'), 'of a model, after a week of training');
    await expect(exportLog(filesOf(), 'north', folder)).rejects.toThrow(ExportRefusedFault);
    expect(await readdir(folder)).toEqual(['checkpoint']);
  });

  it('names an event that the store has lost', async () => {
    await fixture.owner.query('alter table event_store.event_log disable trigger event_log_is_append_only');
    await fixture.owner.query(`delete from event_store.event_log where stream = 'north.account-1' and revision = 7`);
    await fixture.reopenStore();
    const out = join(folder, 'out');
    await exportLog(filesOf(), 'north', out);
    const line = (await payloadLines(out, '000.jsonl'))[8];
    expect(line).toMatchObject({
      i: '8',
      stream: 'north.account-1',
      rev: '7',
      type: 'ChargePosted/1',
      data: 'missing',
      metadata: 'missing',
    });
    const { output } = await verifyLog({ log: out, genesisHash: fixture.log.genesisHash, rpcUrl: undefined });
    expect(output).toContain('missing-payload');
  });
});
