import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginningOf } from '../../../services/main/embedded/process-identity.ts';
import { takeProcessLock } from '../../../services/main/embedded/process-lock.ts';

const module = join(import.meta.dirname, '../../../services/main/embedded/process-lock.ts');
const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'tallyroot-lock-')), 'lock');

describe('the process lock', () => {
  it('is held by one and free again after its release', () => {
    const path = newPath();
    const first = takeProcessLock(path);
    expect(first.taken).toBe(true);
    expect(takeProcessLock(path)).toMatchObject({ taken: false, holder: { pid: process.pid } });
    if (first.taken) first.release();
    expect(takeProcessLock(path).taken).toBe(true);
  });

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22, began: 'long ago', nonce: 'a' })],
    ['a process whose id another one has now', JSON.stringify({ pid: process.pid, began: 'before that', nonce: 'b' })],
    ['nobody, in an empty file that a crash left', ''],
  ])('is taken over from %s', (_holder, text) => {
    const path = newPath();
    writeFileSync(path, text);
    expect(takeProcessLock(path).taken).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['lock']);
  });

  it('goes to one at a time of many that race for a stale lock', async () => {
    const path = newPath();
    const ledger = `${path}.ledger`;
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22, began: 'long ago', nonce: 'a' }));
    writeFileSync(ledger, '');
    const script = `
      const { takeProcessLock } = await import(${JSON.stringify(module)});
      const { appendFileSync } = await import('node:fs');
      for (let lock; ; ) {
        lock = takeProcessLock(${JSON.stringify(path)});
        if (!lock.taken) continue;
        appendFileSync(${JSON.stringify(ledger)}, 'in ' + process.pid + '\\n');
        appendFileSync(${JSON.stringify(ledger)}, 'out ' + process.pid + '\\n');
        if (process.pid % 2 === 0) lock.release(); // The others die with it.
        break;
      }`;
    const racers = Array.from({ length: 8 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit', env: {} }),
    );
    const codes = await Promise.all(racers.map((racer) => new Promise((resolve) => racer.once('exit', resolve))));
    expect(codes).toEqual(racers.map(() => 0));
    const lines = readFileSync(ledger, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(16);
    for (let index = 0; index < lines.length; index += 2) {
      expect(lines[index + 1]).toBe(lines[index]?.replace('in', 'out'));
    }
  });

  it('knows a process by its beginning', () => {
    expect(beginningOf(process.pid)).toBe(beginningOf(process.pid));
    expect(beginningOf(process.pid)).not.toBe(beginningOf(1));
    expect(beginningOf(2 ** 22)).toBeUndefined();
  });
});
