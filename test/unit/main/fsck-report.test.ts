import { describe, expect, it } from '@jest/globals';
import { check, Part, type PartReport } from '../../../services/main/fsck/part.ts';
import { exitCodes, jsonOf, linesOf, summaryOf, verdictOf } from '../../../services/main/fsck/report.ts';

const ok: PartReport = { log: 'demo', part: 'leaves', result: 'ok', figures: { leaves: 12n }, findings: [] };
const left: PartReport = { log: 'demo', part: 'chain', result: 'not checked', reason: 'the log lists no chain', figures: {}, findings: [] };
const away: PartReport = { log: 'demo', part: 'chain 1', result: 'could not check', reason: 'no node answers', figures: {}, findings: [] };
const different: PartReport = {
  ...{ log: 'demo', part: 'tiles', result: 'different', figures: {}, findings: [] },
  difference: { message: 'a tile row is missing', at: { table: 'integrity_tile', key: 'demo, 0, 3' }, expected: 'a\nb', found: 'c' },
};

describe('the result of a check', () => {
  it.each<[string, readonly PartReport[], number]>([
    ['nothing differs', [ok, left], 0],
    ['something could not be checked', [ok, away, left], 2],
    ['something differs, whatever else could not be checked', [away, ok, different], 1],
  ])('%s', (_, reports, exitCode) => {
    expect(exitCodes[verdictOf(reports)]).toBe(exitCode);
  });

  it('counts one part and several in its last line', () => {
    expect(summaryOf([ok, left])).toBe('Everything is as the events make it: 1 part is ok, 1 was not checked.');
    expect(summaryOf([ok, ok])).toBe('Everything is as the events make it: 2 parts are ok, 0 were not checked.');
    expect(summaryOf([ok, away])).toBe('No difference was found, but 1 part could not be checked.');
    expect(summaryOf([ok, away, away])).toBe('No difference was found, but 2 parts could not be checked.');
    expect(summaryOf([ok, different])).toMatch(/^1 part differs\. /);
  });

  it('names the first difference in its last line, and in the JSON', () => {
    const other = { ...different, part: 'heads' };
    expect(summaryOf([ok, different, other])).toBe(
      '2 parts differ. First difference: demo tiles: a tile row is missing, table integrity_tile, key demo, 0, 3',
    );
    expect(JSON.parse(jsonOf([ok, different, other]))).toMatchObject({
      result: 'different',
      firstDifference: { log: 'demo', part: 'tiles', at: { key: 'demo, 0, 3' }, expected: 'a\nb' },
      parts: [{ part: 'leaves', figures: { leaves: '12' } }, { part: 'tiles' }, { part: 'heads' }],
    });
  });

  it('has a line for each part, and nothing in it that a terminal obeys', () => {
    expect(linesOf(ok)).toBe('ok               demo         leaves                   12 leaves');
    expect(linesOf(different).split('\n')).toEqual([
      'different        demo         tiles',
      '  a tile row is missing',
      '    table     integrity_tile',
      '    key       demo, 0, 3',
      '    expected  a | b',
      '    found     c',
    ]);
    expect(linesOf({ ...left, reason: 'red \u001b[31m' })).not.toContain('\u001b');
  });
});

describe('a part', () => {
  it('keeps the first of its differences', async () => {
    const part = new Part('tiles', 'demo');
    const [report] = await check([part], async () => {
      part.differs({ message: 'first', at: {} });
      part.leave('not checked', 'later');
      part.differs({ message: 'second', at: {} });
    });
    expect(report).toMatchObject({ result: 'different', difference: { message: 'first' } });
  });

  it('that came to no end says why, and no difference that it met before is lost', async () => {
    const [met, unmet] = [new Part('tiles', 'demo'), new Part('heads', 'demo')];
    const reports = await check([met, unmet], async () => {
      met.differs({ message: 'a tile row is missing', at: {} });
      throw new Error('the database is away');
    });
    expect(reports).toMatchObject([{ result: 'different' }, { result: 'could not check', reason: 'the database is away' }]);
  });
});
