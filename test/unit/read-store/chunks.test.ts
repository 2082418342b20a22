import { describe, expect, it } from '@jest/globals';
import { chunks } from '../../../services/read-store/chunks.ts';

describe('chunks', () => {
  it.each([
    [0, []],
    [2, [[0, 1]]],
    [3, [[0, 1, 2]]],
    [7, [[0, 1, 2], [3, 4, 5], [6]]],
  ])('cuts %d items', (length, expected) => {
    expect([...chunks(Array(length).keys(), 3)]).toEqual(expected);
  });

  it('takes no item before its chunk is asked for, so that a writer and what it reads from take turns', () => {
    let taken = 0;
    function* items(): Generator<number> {
      while (taken < 6) yield taken++;
    }
    const chunk = chunks(items(), 2);
    chunk.next();
    expect(taken).toBe(2);
    chunk.next();
    expect(taken).toBe(4);
  });
});
