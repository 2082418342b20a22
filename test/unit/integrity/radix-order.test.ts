import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { radixOrder } from '../../../services/integrity/domain/radix-order.ts';

describe('the radix order', () => {
  it('is that of a stable sort, for any numbers of 32 bits', () =>
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1))), (numbers) => {
        const expected = [...numbers.keys()].sort((left, right) => (numbers[left] as number) - (numbers[right] as number));
        expect([...radixOrder(Uint32Array.from(numbers))]).toEqual(expected);
      }),
    ));
});
