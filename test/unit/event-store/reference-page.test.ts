import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exemptions } from '../../contracts/event-store/not-applicable.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/reference/event-store.md'), 'utf8');

describe('docs/reference/event-store.md', () => {
  it('lists all 70 promises, once each and in order', () => {
    const numbers = [...page.matchAll(/^- \*\*(\d+)\*\* \S/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 70 }, (_, index) => index + 1));
  });

  it('says of each engine exactly what the committed table says', () => {
    const rows = [...page.matchAll(/^\| (\S+) \| (\d+) \| (not applicable|in part) \| (.+) \|$/gm)].map(([, ...cells]) => cells);
    const committed = Object.entries(exemptions).flatMap(([engine, { notApplicable, partly }]) =>
      [
        ...Object.entries(notApplicable).map(([number, why]) => [engine, number, 'not applicable', why]),
        ...Object.entries(partly).map(([number, why]) => [engine, number, 'in part', why]),
      ].toSorted(([, left], [, right]) => Number(left) - Number(right)),
    );
    expect(rows).toEqual(committed);
  });
});
