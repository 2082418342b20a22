import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetEndedPostmaster, runningPostmaster } from '../../../services/main/embedded/postmaster-file.ts';

let cluster: string;
let file: string;
beforeEach(() => {
  cluster = mkdtempSync(join(tmpdir(), 'tallyroot-postmaster-'));
  file = join(cluster, 'postmaster.pid');
});
afterEach(() => rmSync(cluster, { recursive: true }));

describe('the file of a running Postgres', () => {
  it.each([
    ['is empty, as a server that begins leaves it for a moment', ''],
    ['names a process that is gone', '4194304\n/somewhere\n1700000000\n5432\n\n127.0.0.1\n  1 2\nready   \n'],
    ['names the process of another program', `${process.pid}\n/somewhere\n1700000000\n5432\n\n127.0.0.1\n  1 2\nready   \n`],
  ])('stays where it is when it is only looked at: it %s', (_, text) => {
    writeFileSync(file, text);
    expect(runningPostmaster(cluster)).toBeUndefined();
    expect(existsSync(file)).toBe(true);
    forgetEndedPostmaster(cluster);
    expect(existsSync(file)).toBe(false);
  });

  it('is not there on a cluster that was stopped', () => {
    expect(runningPostmaster(cluster)).toBeUndefined();
    forgetEndedPostmaster(cluster);
  });
});
