import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { mutate, testFiles } from '../../mutation/mutants.ts';

/** What the last mutation run found, by the id of the mutant; nothing yet of one that `--untried` would try. */
type Outcome = { readonly killedBy: string } | { readonly survives: string } | { readonly tried: false };

const root = join(import.meta.dirname, '..', '..', '..');
const outcomes = JSON.parse(readFileSync(join(root, 'contracts', 'mutation.json'), 'utf8')) as Readonly<Record<string, Outcome>>;

describe('the mutation run', () => {
  it('knows both sides of every condition and every write to storage of the contracts as they are', () => {
    const ids = mutate().mutants.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(300);
    expect(Object.keys(outcomes).toSorted()).toEqual(ids.toSorted());
  });

  it('names a test for each mutant that was noticed, and a reason for each that was not', () => {
    const written = testFiles.map((file) => readFileSync(join(root, 'test', 'settlement', `${file}.test.ts`), 'utf8')).join('\n');
    for (const [id, outcome] of Object.entries(outcomes)) {
      if ('tried' in outcome) expect([id, 'not tried']).toEqual([id, 'tried']);
      else if ('survives' in outcome) expect([id, outcome.survives.length > 20]).toEqual([id, true]);
      else expect([id, written.includes(lastWordsOf(outcome.killedBy))]).toEqual([id, true]);
    }
  });
});

/** A name is what its `describe` says and then its own title, which is long enough by its end to be told from others. */
function lastWordsOf(name: string): string {
  return name.slice(-15);
}
