import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Coverage, goals, type Kind, type Shares, summed } from '../../coverage/coverage.ts';
import { hashOfContracts } from '../../coverage/instrumented.ts';

/** What the last coverage run found. */
interface Table {
  readonly contracts: string;
  readonly total: Shares;
  readonly files: Readonly<Record<string, Coverage>>;
}

const path = join(import.meta.dirname, '..', '..', '..', 'contracts', 'coverage.json');
const table = JSON.parse(readFileSync(path, 'utf8')) as Table;

describe('the coverage run', () => {
  it('was made of the contracts as they are', () => {
    expect(table.contracts).toBe(hashOfContracts());
  });

  it('found nearly every statement executed, and every condition on both sides', () => {
    expect(table.total).toEqual(summed(Object.values(table.files)));
    for (const kind of Object.keys(goals) as Kind[]) expect([kind, table.total[kind].percent >= goals[kind]]).toEqual([kind, true]);
    expect(table.total.branches.of).toBeGreaterThan(300);
  });
});
