import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const killsMin = 20;
/** A whole demo takes about 20 s; a resumed one is through its finished steps sooner. */
const livesMsMax = 14_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-demo-crash-'));
  await promisify(execFile)(process.execPath, [join(root, 'bin', 'tallyroot'), 'build']);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The service's own process, so that a kill hits it and not its starter. */
function startDemo(): { readonly child: ChildProcess; readonly ended: Promise<string> } {
  const child = spawn(process.execPath, [join(root, 'dist', 'services', 'main', 'cli.js'), 'demo', '--data', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  return { child, ended: new Promise((resolve) => child.once('close', () => resolve(output))) };
}

/** A line of the report, which comes after the lines of progress. */
function line(output: string, name: string): string | undefined {
  const report = output.slice(output.indexOf('\nReport\n'));
  return new RegExp(`^ {2}${name} +(.*)$`, 'm').exec(report)?.[1];
}

describe('the demo', () => {
  it(
    'ends with the same books after its process was killed at 20 random moments',
    async () => {
      const seed = Date.now();
      process.stdout.write(`Seed of the moments: ${seed}\n`);
      const random = randomFrom(seed);
      let report = '';
      for (let kills = 0; kills < killsMin;) {
        const { child, ended } = startDemo();
        const died = await Promise.race([sleep(300 + random() * livesMsMax).then(() => true), ended.then(() => false)]);
        child.kill('SIGKILL');
        report = await ended;
        if (died) kills++;
        else expect(line(report, 'verdict')).toMatch(/^VALID/);
      }
      report = await startDemo().ended;
      expect({
        accounts: line(report, 'accounts'),
        charges: line(report, 'rated charges'),
        equal: line(report, 'equal to published'),
        events: line(report, 'business events'),
        purchases: line(report, 'pay-per-view'),
        invoices: line(report, 'invoices'),
        payments: line(report, 'payments'),
        trialBalance: line(report, 'trial balance'),
      }).toMatchObject({
        charges: '20,000, together 297465.15 USD',
        equal: '19,944 of 20,000',
        events: '37,503',
        trialBalance: 'USD: debits 730606.81 = credits 730606.81, difference 0.00',
      });
      expect(line(report, 'verdict')).toMatch(/^VALID/);
    },
    20 * 60_000,
  );
});

/** Mulberry32: enough to draw moments that can be drawn again. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
