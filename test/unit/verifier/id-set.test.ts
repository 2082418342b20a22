import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { IdSet } from '../../../verifier/checks/id-set.ts';

const nil = '00000000-0000-0000-0000-000000000000';
const ids = Array.from({ length: 20_000 }, () => randomUUID());
/** That differ in one digit only, and in where it stands. */
const alike = Array.from({ length: 32 }, (_, digit) => nil.replaceAll('-', '').split('').with(digit, 'f').join('')).map((hex) =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
);
const all = [...ids, ...alike, nil];

describe('the set of event ids', () => {
  it('takes each id once, however many there are', () => {
    const set = new IdSet();
    const known = new Set<string>();
    for (const id of [...all, ...all.toReversed()]) {
      expect(set.add(id)).toBe(!known.has(id));
      known.add(id);
    }
  });

  it('goes on from its state as if it had never stopped', () => {
    const before = new IdSet();
    for (const id of all.slice(0, 10_000)) before.add(id);
    const state = before.state();
    expect([state.words.length, state.hasNil]).toEqual([40_000, false]);
    const after = new IdSet();
    after.resume(state);
    expect(all.map((id) => after.add(id))).toEqual(all.map((_, place) => place >= 10_000));
    expect(after.state().hasNil).toBe(true);
  });
});
