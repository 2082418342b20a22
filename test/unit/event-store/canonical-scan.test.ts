import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalJson,
  isCanonicalJson,
  type Json,
  NotCanonicalError,
  parseCanonicalJson,
} from '../../../services/event-store/domain/canonical-json.ts';
import { isPlainFormOf } from '../../../services/event-store/domain/canonical-length.ts';
import { isPlainlyCanonical } from '../../../services/event-store/domain/canonical-scan.ts';

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.boolean(),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('json'), { maxKeys: 4 }),
  ),
}));

/** Answers undefined for what throws. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** The definition: the text that writing the parsed value gives again. */
function isItsOwnCanonicalForm(text: string): boolean {
  return attempt(() => canonicalJson(JSON.parse(text) as Json)) === text;
}

function expectTheSame(text: string): void {
  const expected = isItsOwnCanonicalForm(text);
  expect({ text, is: isCanonicalJson(text) }).toEqual({ text, is: expected });
  // The scan may leave text with escapes to the parser, but never passes or refuses wrongly.
  expect({ text, is: isPlainlyCanonical(text) }).toEqual({ text, is: expected && !text.includes('\\') });
  expect({ text, value: attempt(() => parseCanonicalJson(text)) }).toEqual({ text, value: expected ? JSON.parse(text) : undefined });
  const value = attempt(() => JSON.parse(text) as Json);
  const mayPass = expected && !text.includes('\\');
  if (value !== undefined && isPlainFormOf(value, text)) expect({ text, mayPass }).toEqual({ text, mayPass: true });
}

describe('the short cuts to canonical JSON', () => {
  it('pass every text that canonicalJson writes', () => {
    fc.assert(fc.property(json, (value) => expectTheSame(canonicalJson(value))));
  });

  it('agree with the definition on canonical text with one character changed, left out or put in', () => {
    const characters = fc.constantFrom(...Array.from('{}[],:"\\ \n\u0000ab1tfn-\ud800é'));
    fc.assert(
      fc.property(json, fc.nat(), fc.nat({ max: 1 }), fc.option(characters), (value, place, removed, inserted) => {
        const text = canonicalJson(value);
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + (inserted ?? '') + text.slice(at + removed);
        expectTheSame(changed);
      }),
      { numRuns: 3000 },
    );
  });

  it('agree with the definition on texts made of JSON tokens', () => {
    const tokens = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '"1"', '"0"', 'true', 'false', 'null', '1', ' '), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(tokens, (list) => {
        const text = list.join('');
        expectTheSame(text);
      }),
      { numRuns: 5000 },
    );
  });

  it('pass the text of an event by the length of its value', () => {
    const text = canonicalJson({ fin: { amount: '1.00', lines: [true, {}, [], ['', 'é€😀']], paid: false }, note: '' });
    expect(isPlainFormOf(JSON.parse(text) as Json, text)).toBe(true);
  });

  it.each([
    ['{"0":"a","1":"b"}', true],
    ['{"1":"a","0":"b"}', false],
    ['{"10":"a","9":"b"}', true],
    ['{"9":"a","10":"b"}', false],
    ['{"__proto__":"a","a":"b"}', true],
    ['{"a":"b","__proto__":"a"}', false],
    ['{"a":"b","a":"b"}', false],
  ])('%s is canonical: %s', (text, expected) => {
    expect(isItsOwnCanonicalForm(text)).toBe(expected);
    expectTheSame(text);
  });

  it('leave deep text to the parser, and refuse what is deeper than its stack', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect([isPlainlyCanonical(nested(60)), isCanonicalJson(nested(60))]).toEqual([true, true]);
    expect([isPlainlyCanonical(nested(100)), isCanonicalJson(nested(100))]).toEqual([false, true]);
    expect(isCanonicalJson(nested(500_000))).toBe(false);
    expect(isCanonicalJson('['.repeat(500_000))).toBe(false);
  });
});

/** RFC 8785 in as few words as it takes. */
function reference(value: Json): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(reference).join(',')}]`;
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${reference(member)}`).join(',')}}`;
}

/** The same value with the names of every object in the opposite order, as far as an object allows it. */
function reversed(value: Json): Json {
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(reversed);
  const members = Object.entries(value).map(([name, member]) => [name, reversed(member)]);
  return Object.fromEntries(members.reverse()) as Json;
}

describe('canonical JSON', () => {
  it('is written in one way, whatever order the names of an object have', () => {
    const check = (value: Json) => {
      expect(canonicalJson(value)).toBe(reference(value));
      expect(canonicalJson(reversed(value))).toBe(reference(value));
    };
    fc.assert(fc.property(json, check));
    check({ '10': 'a', '9': 'b', a: [{ '1': { b: 'c', a: 'd' } }, [true, []], {}], b: { a: 'c', é: '\u2028"\\\n\u007f' } });
    check(JSON.parse('{"a":{"__proto__":"b"},"__proto__":{"a":"b"}}') as Json);
  });

  const holed: unknown[] = [];
  holed[1] = 'a';
  it.each<[string, unknown]>([
    ['a number', { a: 1 }],
    ['null', { a: null }],
    ['an undefined member', { a: 'b', b: undefined }],
    ['a bigint', [1n]],
    ['a hole', holed],
    ['a date', { a: new Date(0) }],
    ['a function', { toJSON: () => 'a' }],
    ['a map', new Map()],
    ['a lone surrogate', ['\ud800']],
    ['a name with a lone surrogate', { '\ud800': 'a' }],
  ])('has no place for %s', (_, value) => {
    expect(() => canonicalJson(value as Json)).toThrow(NotCanonicalError);
    expect(() => canonicalJson({ z: 'a', b: value as Json })).toThrow(NotCanonicalError);
  });

  it.each([
    [256, true],
    [257, false],
    [100_000, false],
  ])('that is nested %i deep is canonical: %s', (levels, is) => {
    expect(isCanonicalJson('['.repeat(levels) + ']'.repeat(levels))).toBe(is);
    expect(isCanonicalJson('{"a":'.repeat(levels) + '"b"' + '}'.repeat(levels))).toBe(is);
  });
});
