import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DamagedLog, damagedLogs } from '../../support/damaged-logs.ts';
import { type FolderToVerify, hasGo, judgedByPeer, judgedByVerifier, type Judgement } from '../../support/log-verifier-peer.ts';
import { writeFiles } from '../../support/log-builder.ts';
import { variedLogs } from '../../support/varied-logs.ts';

const withGo = hasGo ? describe : describe.skip;
const seed = 20_261_126;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-peer-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Both verifiers read the same folders; the peer all of them in one process. */
async function judgedByBoth(logs: readonly DamagedLog[]): Promise<{ name: string; ours: Judgement; theirs: Judgement }[]> {
  const folders = logs.map(({ files, genesisHash }, index): FolderToVerify => ({
    folder: writeFiles(join(folder, `${logs.length}-${index}`), files),
    genesis: genesisHash,
  }));
  const theirs = judgedByPeer(folders);
  const compared = [];
  for (const [index, { name }] of logs.entries())
    compared.push({ name, ours: await judgedByVerifier(folders[index] as FolderToVerify), theirs: theirs[index] as Judgement });
  return compared;
}

withGo('a second verifier, written from the document alone', () => {
  it('comes to the same verdict, checks, first bad leaves and findings of logs of every kind', async () => {
    const logs = variedLogs();
    const compared = await judgedByBoth(logs);
    expect(compared.map(({ name, theirs }) => ({ name, ...theirs }))).toEqual(compared.map(({ name, ours }) => ({ name, ...ours })));
    expect(Object.fromEntries(compared.map(({ name, ours }) => [name, ours.verdict]))).toEqual(
      Object.fromEntries(logs.map(({ name, verdict }) => [name, verdict])),
    );
  }, 120_000);

  it('comes to the same of logs that were damaged at random, in their files or by their operator', async () => {
    const compared = await judgedByBoth(damagedLogs(seed));
    expect(compared.map(({ name, theirs }) => ({ name, ...theirs }))).toEqual(compared.map(({ name, ours }) => ({ name, ...ours })));
    const verdicts = compared.map(({ ours }) => ours.verdict);
    expect(new Set(verdicts)).toEqual(new Set(['VALID', 'INVALID', 'UNVERIFIABLE']));
    for (const check of ['V1', 'V2', 'V3', 'V4', 'V5', 'V7', 'V8'])
      expect(compared.filter(({ ours }) => ours.checks[check]?.startsWith('invalid')).length).toBeGreaterThan(0);
  }, 120_000);
});

if (!hasGo) console.warn('Go is not installed: the comparison with the verifier in Go was left out.');
