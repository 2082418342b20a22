import { describe, expect, it } from '@jest/globals';
import { moneyOf } from '../../../services/money/money.ts';
import { blocksNeeded, type ConfirmationRule, depthOf } from '../../../services/settlement/domain/confirmation-policy.ts';

const rules: readonly ConfirmationRule[] = [
  { kinds: ['ppv', 'purchase'], upTo: { amount: '20', currency: 'USD' }, blocks: 1 },
  { kinds: ['invoice'], upTo: { amount: '500', currency: 'EUR' }, blocks: 12 },
];

describe('the confirmation policy', () => {
  it.each([
    ['ppv', '20', 'USD', 1],
    ['ppv', '20.01', 'USD', undefined],
    ['ppv', '20', 'EUR', undefined],
    ['invoice', '500', 'EUR', 12],
    ['invoice', '500.01', 'EUR', undefined],
    ['top-up', '1', 'EUR', undefined],
  ] as const)('asks for a %s of %s %s for %s blocks, or for finality', (kind, amount, currency, blocks) =>
    expect(blocksNeeded(rules, kind, moneyOf(amount, currency))).toBe(blocks),
  );

  it('takes a rule without kinds and without an amount for all', () =>
    expect(blocksNeeded([{ blocks: 3 }], 'deposit', moneyOf('1000000', 'JPY'))).toBe(3));

  it('counts the block itself', () => expect([depthOf(10n, 10n), depthOf(10n, 12n)]).toEqual([1n, 3n]));
});
