import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GrowingMap } from '../../../services/commands/domain/growing-map.ts';
import { stateOfText, StateNotTextualDefect, stateText } from '../../../services/commands/domain/state-text.ts';

/** Any text, lone surrogates and what JSON or our own marks could trip over included. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '$n', '$$', '$map', '__proto__', 'constructor', '\u0000', '\ud800', '12', 'toString'),
);

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    text,
    fc.boolean(),
    fc.bigInt(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }).map((members) => Object.fromEntries(Object.entries(members))),
    fc.array(fc.tuple(fc.oneof(text, fc.bigInt()), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.uniqueArray(fc.oneof(text, fc.bigInt()), { maxLength: 4 }).map((members) => new Set(members)),
  ),
}));

describe('the text of a state', () => {
  it('comes back exactly, whatever of strings, bigints, arrays, maps, sets and objects the state is made of', () => {
    fc.assert(
      fc.property(value, (state) => {
        const written = stateText(state);
        const read = stateOfText(written);
        expect(read).toEqual(state);
        expect(stateText(read)).toBe(written); // Order and prototypes too, which toEqual does not look at.
      }),
      { numRuns: 500 },
    );
  });

  it('brings back a growing map in its order, and only what its own version holds', () => {
    const one = GrowingMap.empty<string, bigint>().with('b', 1n);
    const two = one.with('a', 2n);
    const entries = (map: unknown) => [...(map as typeof one).entries()];
    expect(entries(stateOfText(stateText(two)))).toEqual([
      ['b', 1n],
      ['a', 2n],
    ]);
    const read = stateOfText(stateText(one)) as typeof one;
    expect(entries(read)).toEqual([['b', 1n]]);
    expect([read.size, read.get('b'), read.has('a')]).toEqual([1, 1n, false]);
  });

  it.each([[1], [undefined], [null], [new Date(0)], [{ deep: [1.5] }], [() => 1], [Symbol('s')], [new (class Wallet {})()]])(
    'is refused for %p, which it could not bring back',
    (state) => expect(() => stateText(state)).toThrow(StateNotTextualDefect),
  );

  it.each(['{"$big":"1"}', '{"$n":"one"}', '{', '{"$map":"1"}'])('is not read from %s', (written) =>
    expect(() => stateOfText(written)).toThrow(),
  );
});
