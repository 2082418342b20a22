import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileIdStore } from '../../../verifier/ids/file.id-store.ts';
import type { OpenIds } from '../../../verifier/ids/id-store.ts';
import { TemporaryIdsFile } from '../../../verifier/ids/ids-file.ts';
import { MemoryIdStore } from '../../../verifier/ids/memory.id-store.ts';
import type { VerifyOptions } from '../../../verifier/verify.ts';
import { damagedLogs } from '../../support/damaged-logs.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { grow } from '../../support/varied-logs.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-repeated-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** So that every partition is written out again and again, and gone through in parts. */
const onDisk: OpenIds = (known) => new FileIdStore({ file: new TemporaryIdsFile(folder), known, recordsPerChunk: 2, idsAtOnceMax: 3 });
/** They know at once whether an id is new. */
const inMemory: OpenIds = () => new MemoryIdStore();

/** All that the verifier says, without where it read it. */
async function told(log: Pick<LogBuilder, 'genesisHash'>, files: LogFolder, options: Partial<VerifyOptions>) {
  const source = new MemoryLogSource(files);
  const outcome = await verifyFiles(log as LogBuilder, files, { source, ...options });
  const superseded = 'reason' in outcome ? [] : outcome.superseded.map(({ origin, size }) => ({ origin, size }));
  return { outcome: { ...outcome, source: undefined, superseded }, asked: source.asked };
}

/** A log with copies of events that posted, in their own streams and in others, before and behind commitments to the balances. */
function logWithRepeats(size: number): { readonly log: LogBuilder; readonly repeats: readonly number[] } {
  const log = new LogBuilder();
  const repeats: number[] = [];
  while (log.size < size) {
    const { size: index } = log;
    if (index % 23 === 20) {
      repeats.push(index);
      log.appendStored({
        ...log.events[index - 10 - (index % 7)]!,
        stream: `north.copy-${index % 3}`,
        revision: BigInt(repeats.filter((at) => at % 3 === index % 3).length - 1),
      });
    } else if (index % 29 === 28) log.commitState();
    else log.move(`${index}.25`, { account: `acc_${index % 5}` });
  }
  return { log, repeats };
}

describe('event ids that stand twice', () => {
  it('are found on disk with the same leaves, in the same words and to the same balances', async () => {
    const { log, repeats } = logWithRepeats(900);
    const { outcome } = await told(log, log.files(), { openIds: onDisk });
    expect(summaryOf(outcome as never)).toMatchObject({ verdict: 'VALID', results: { V1: 'not checked', V6: 'not checked' } });
    expect(findingsOf(outcome as never)).toEqual(repeats.map((index) => ['duplicate-id', index]));
    expect(outcome).toEqual((await told(log, log.files(), { openIds: inMemory })).outcome);
  });

  it('make the log be read twice, and none in a log without them', async () => {
    const [{ log: repeating }, honest] = [logWithRepeats(300), grow(new LogBuilder(), 300)];
    const timesRead = async (log: LogBuilder) =>
      (await told(log, log.files(), { openIds: onDisk })).asked.filter((name) => name === 'tile/entries/000').length;
    expect([await timesRead(repeating), await timesRead(honest)]).toEqual([2, 1]);
  });

  it('change no verdict of a damaged log', async () => {
    const seed = 20_260_711;
    for (const damaged of damagedLogs(seed, { runs: 40 }))
      expect([damaged.name, (await told(damaged, damaged.files, { openIds: onDisk })).outcome]).toEqual([
        damaged.name,
        (await told(damaged, damaged.files, { openIds: inMemory })).outcome,
      ]);
  });

  it('are known of the log that another one goes on with', async () => {
    const { log } = logWithRepeats(60);
    const next = new LogBuilder({ supersedes: { log, size: 60 } });
    next.appendStored({ ...log.events[5]!, stream: 'north.again-1', revision: 0n });
    const posted = next.move('5.00', { id: '00000000-0000-4000-8000-000000000005' });
    next.appendStored({ ...next.events[posted]!, stream: 'north.again-2', revision: 0n });
    while (next.size < 60) next.move('1.00', { id: randomUUID() });
    next.commitState(); // With the first id of the builder that the other log has not.
    const verified = (openIds: OpenIds) => told(next, next.files(), { openIds, superseded: [new MemoryLogSource(log.files())] });
    const { outcome } = await verified(onDisk);
    expect(outcome).toEqual((await verified(inMemory)).outcome);
    const repeats = findingsOf(outcome as never).filter(([name]) => name === 'duplicate-id');
    expect([outcome.verdict, repeats.filter(([, index]) => index !== undefined)]).toEqual([
      'VALID',
      [
        ['duplicate-id', 0],
        ['duplicate-id', 1],
        ['duplicate-id', 3],
      ],
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('accuse nobody where a source shows other ones each time', async () => {
    const log = new LogBuilder();
    const shown = [5, 6].map((copied) => {
      log.entries.splice(1);
      log.events.splice(1);
      while (log.size < 5 + copied) log.move('1.00');
      log.appendStored({ ...log.events[copied]!, stream: 'north.copy-1', revision: 0n });
      return log.files();
    });
    let reads = 0;
    const sources = shown.map((files) => new MemoryLogSource(files));
    const source = Object.assign(new MemoryLogSource(new Map()), {
      read: (name: string, bytesMax: number) => {
        if (name === 'checkpoint') reads++;
        return sources[reads % 2]!.read(name, bytesMax);
      },
    });
    const outcome = await verifyFiles(log, new Map(), { source, openIds: onDisk });
    expect(summaryOf(outcome)).toEqual({ verdict: 'UNVERIFIABLE', reason: 'other event ids stood twice each time that the log was read' });
    expect(reads).toBe(4);
  });
});

describe('a verifier that keeps event ids in memory', () => {
  const log = grow(new LogBuilder(), 600);
  const verify = (idsMax: number) => verifyFiles(log, log.files(), { openIds: () => new MemoryIdStore({ idsMax }) });

  it('says where it has no room for more, and nothing of the leaves behind', async () => {
    const outcome = await verify(599);
    const unread = Object.fromEntries(['V4', 'V5', 'V7', 'V8'].map((id) => [id, 'unverifiable']));
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'UNVERIFIABLE', results: unread });
    expect(JSON.stringify('checks' in outcome && outcome.checks.find(({ id }) => id === 'V5')?.unverifiable)).toContain(
      'no room for the ids',
    );
    expect(outcome).toMatchObject({ counts: { leaves: 600, opened: 512 } });
  });

  it('has room for as many as it says', async () => {
    expect((await verify(600)).verdict).toBe('VALID');
  });
});
