import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attacks } from './attack-table.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'attacks.md'), 'utf8');

describe('the page of attacks', () => {
  it('holds the table that is simulated', () => {
    const [, table] = /<!-- table -->\n\n([^]*)\n<!-- \/table -->/.exec(page) ?? [];
    expect(table).toBe(
      [
        '| # | Attack | Defence | Verdict | What remains |\n| --- | --- | --- | --- | --- |\n',
        ...attacks.map(
          ({ number, attack, defence, verdict, remains }) => `| ${number} | ${attack} | ${defence} | ${verdict} | ${remains} |\n`,
        ),
      ].join(''),
    );
  });

  it('has 35 rows', () => {
    expect(attacks.map(({ number }) => number)).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
  });
});
