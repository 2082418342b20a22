import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readJsonBody } from '../../../services/http/json-body.ts';
import { ProblemError } from '../../../services/http/problem-error.ts';

const read = (text: string) => readJsonBody(Buffer.from(text));
const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__');
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 5 }, fc.string({ unit: 'grapheme' }), fc.boolean(), fc.array(tie('any')), fc.dictionary(name, tie('any'))),
}));

describe('readJsonBody', () => {
  it('reads every object as JSON.parse does, however it is written', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value.any), fc.constantFrom(undefined, 2, '\t'), (body, space) => {
        const text = JSON.stringify(body, undefined, space);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses an object that has a name twice, wherever it stands', () => {
    fc.assert(
      fc.property(name, value.any, value.any, (twice, first, second) => {
        const object = `{${JSON.stringify(twice)}:${JSON.stringify(first)},${JSON.stringify(twice)}:${JSON.stringify(second)}}`;
        for (const text of [object, `{"a":${object}}`, `{"a":["b",{"c":${object}}]}`]) expect(() => read(text)).toThrow(ProblemError);
      }),
    );
  });

  it('takes eight levels and no more', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    expect(read(nested(8))).toBeDefined();
    expect(() => read(nested(9))).toThrow(ProblemError);
  });

  it('refuses what is no JSON object in UTF-8', () => {
    for (const text of ['', ' ', '{', '[]', '[{}]', '"x"', 'null', '1', '{}{}', '{"a":"1",}'])
      expect(() => read(text)).toThrow(ProblemError);
    expect(() => readJsonBody(Buffer.from('{"a":"\xff"}', 'latin1'))).toThrow(ProblemError);
  });
});
