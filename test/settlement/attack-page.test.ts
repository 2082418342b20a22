import { describe, expect, it } from '@jest/globals';
import { namedTests, publishedList } from './attack-page.ts';
import { attacks } from './attack-table.ts';

/** By attack, as the page has them: `file: title`. */
const published = new Map(
  publishedList()
    .split(/^(?=\*\*A\d+\*\* )/m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n').filter((line) => line !== '');
      const tests = lines.flatMap((line) => {
        const [, file = '', titles = ''] = /^- `test\/(.*?)`: (.*)$/.exec(line) ?? [];
        return titles.split(/(?<=\*); (?=\*)/).map((title) => `${file}: ${title.slice(1, -1)}`);
      });
      return [heading, tests] as const;
    }),
);

describe('the published list of attacks on payments', () => {
  it('is the table', () => expect([...published.keys()]).toEqual(attacks.map((attack, index) => `**A${index + 1}** ${attack}`)));

  it('names for each attack tests that bear its number, and no test that is gone', () => {
    const tests = namedTests();
    for (const [index, named] of [...published.values()].entries()) {
      const ours = tests.filter(({ numbers }) => numbers.includes(index + 1)).map(({ file, title }) => `${file}: ${title}`);
      expect(named.length).toBeGreaterThan(0);
      expect([index + 1, ours]).toEqual([index + 1, expect.arrayContaining(named)]);
    }
  });
});
