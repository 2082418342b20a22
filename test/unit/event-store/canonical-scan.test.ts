import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, type Json, parseCanonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import { isCanonicalJson } from '../../../services/event-store/domain/canonical-scan.ts';

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

function parses(text: string): boolean {
  try {
    parseCanonicalJson(text);
    return true;
  } catch {
    return false;
  }
}

describe('the scan for canonical JSON', () => {
  it('passes every text that canonicalJson writes', () => {
    fc.assert(fc.property(json, (value) => isCanonicalJson(canonicalJson(value))));
  });

  it('agrees with the parser on canonical text with one character changed, left out or put in', () => {
    const characters = fc.constantFrom(...'{}[],:"\\ \n\u0000ab1tfn-\ud800é');
    fc.assert(
      fc.property(json, fc.nat(), fc.nat({ max: 1 }), fc.option(characters), (value, place, removed, inserted) => {
        const text = canonicalJson(value);
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + (inserted ?? '') + text.slice(at + removed);
        expect({ changed, passes: isCanonicalJson(changed) }).toEqual({ changed, passes: parses(changed) });
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with the parser on texts made of JSON tokens', () => {
    const tokens = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', 'true', 'false', 'null', '1', ' '), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(tokens, (list) => {
        const text = list.join('');
        expect({ text, passes: isCanonicalJson(text) }).toEqual({ text, passes: parses(text) });
      }),
      { numRuns: 5000 },
    );
  });

  it('survives any depth', () => {
    expect(isCanonicalJson('['.repeat(500_000) + ']'.repeat(500_000))).toBe(true);
    expect(isCanonicalJson('['.repeat(500_000))).toBe(false);
    expect(isCanonicalJson(`${'['.repeat(500_000)}"\\n"${']'.repeat(500_000)}`)).toBe(false); // Refused: the parser's stack ends first.
  });
});
