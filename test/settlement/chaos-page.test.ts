import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logOf, publishedLog, publishedPoints } from './chaos-page.ts';
import { injectedFaults } from './chaos-table.ts';

const testFolder = join(import.meta.dirname, '..');

describe('the table of injected faults', () => {
  it.each(injectedFaults)('names tests that are there: $fault', ({ tests }) => {
    for (const [file, title, ...cases] of tests) {
      const text = readFileSync(join(testFolder, file), 'utf8');
      // A title that is passed over, or only mentioned, is no test.
      const called = [...text.matchAll(/(?:\bit\(|\]\)\(|\)\(|cases\)\()\s*'((?:[^'\\]|\\.)*)'/g)].map(([, name]) => name);
      expect([file, called]).toEqual([file, expect.arrayContaining([title])]);
      for (const one of cases) expect([file, title, one, text.includes(`'${one}'`)]).toEqual([file, title, one, true]);
    }
  });

  it('names each fault once', () => {
    expect(new Set(injectedFaults.map(({ fault }) => fault)).size).toBe(injectedFaults.length);
  });
});

describe('the published log', () => {
  it('is of this table, at one point for each test at least', () => {
    const points = publishedPoints();
    expect(points).toHaveLength(injectedFaults.length);
    expect(publishedLog()).toBe(logOf(points));
    for (const [row, { tests }] of injectedFaults.entries()) {
      const fewest = tests.reduce((sum, [, , ...cases]) => sum + Math.max(1, cases.length), 0);
      expect([row, points[row]! >= fewest]).toEqual([row, true]);
    }
  });
});
