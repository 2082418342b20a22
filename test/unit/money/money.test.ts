import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currencies, scalesOf } from '../../../services/money/currency.ts';
import { allocate } from '../../../services/money/allocate.ts';
import { decimalText, multiply, parseDecimal, toScale } from '../../../services/money/decimal.ts';
import { amountText, isPayable, isWithinBounds, largestPayable, type Money, moneyOf, parseMoney } from '../../../services/money/money.ts';
import { assertBalanced, credit, debit, mirrored } from '../../../services/money/posting.ts';
import { divide, roundToPayable, type Rounding } from '../../../services/money/rounding.ts';

const anyCurrency = fc.constantFrom(...currencies);
const anyMoney: fc.Arbitrary<Money> = fc.record({ amount: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), currency: anyCurrency });
const roundings: readonly Rounding[] = ['half-up', 'half-even', 'half-down', 'down', 'up'];

describe('amounts', () => {
  it.each([
    ['10', 'EUR', '10.00'],
    ['0.0045', 'EUR', '0.0045'],
    ['3', 'JPY', '3'],
    ['3.500', 'JPY', '3.5'],
    ['1.5', 'KWD', '1.500'],
    ['1', 'ETH', '1.000000000000000000'],
    ['-3', 'EUR', '-3.00'],
  ])('writes %s %s as %s', (text, currency, canonical) => {
    expect(amountText(moneyOf(text, currency))).toBe(canonical);
  });

  it.each([
    ['', 'EUR', 'amount_malformed'],
    ['1e3', 'EUR', 'amount_malformed'],
    ['+1', 'EUR', 'amount_malformed'],
    ['01', 'EUR', 'amount_malformed'],
    ['1.', 'EUR', 'amount_malformed'],
    ['1,00', 'EUR', 'amount_malformed'],
    [' 1', 'EUR', 'amount_malformed'],
    ['0x10', 'EUR', 'amount_malformed'],
    ['NaN', 'EUR', 'amount_malformed'],
    ['1.0000001', 'EUR', 'amount_too_precise'],
    ['1234567890123456', 'EUR', 'amount_too_large'],
    ['1', 'XXX', 'currency_unknown'],
    ['1', 'toString', 'currency_unknown'],
  ])('refuses %j %s with %s', (text, currency, error) => {
    expect(parseMoney(text, currency)).toBe(error);
  });

  it('reads back what it writes', () => {
    fc.assert(fc.property(anyMoney, (money) => expect(moneyOf(amountText(money), money.currency)).toEqual(money)));
  });

  it('writes canonically: the payable decimals at least, the ledger decimals at most, no zeros beyond', () => {
    fc.assert(
      fc.property(anyMoney, (money) => {
        const { ledgerScale, payableScale } = scalesOf(money.currency);
        const fraction = amountText(money).split('.')[1] ?? '';
        expect(fraction.length).toBeGreaterThanOrEqual(payableScale);
        expect(fraction.length).toBeLessThanOrEqual(ledgerScale);
        if (fraction.length > payableScale) expect(fraction).not.toMatch(/0$/);
      }),
    );
  });
});

describe('bounds', () => {
  it('hold every amount that can be read, and none that cannot', () => {
    for (const currency of currencies) {
      const { ledgerScale } = scalesOf(currency);
      const end = 10n ** BigInt(15 + ledgerScale);
      for (const amount of [end - 1n, 1n - end]) {
        expect(isWithinBounds({ amount, currency })).toBe(true);
        expect(parseMoney(amountText({ amount, currency }), currency)).toEqual({ amount, currency });
      }
      for (const amount of [end, -end]) {
        expect(isWithinBounds({ amount, currency })).toBe(false);
        expect(parseMoney(amountText({ amount, currency }), currency)).toBe('amount_too_large');
      }
    }
  });

  it('end for payments at the largest payable amount, to which no rounding adds', () => {
    expect(amountText(largestPayable('EUR'))).toBe('999999999999999.99');
    expect(amountText(largestPayable('JPY'))).toBe('999999999999999');
    expect(roundToPayable(largestPayable('KWD'), 'up')).toEqual(largestPayable('KWD'));
  });
});

describe('divide', () => {
  it.each([
    ['half-up', [3n, -3n, 2n, 2n]],
    ['half-even', [2n, -2n, 2n, 2n]],
    ['half-down', [2n, -2n, 2n, 2n]],
    ['down', [2n, -2n, 2n, 1n]],
    ['up', [3n, -3n, 3n, 2n]],
  ] as const)('rounds 2.5, -2.5, 2.2 and 1.8 %s', (rounding, expected) => {
    const quotients = [
      [5n, 2n],
      [-5n, 2n],
      [11n, 5n],
      [9n, 5n],
    ] as const;
    expect(quotients.map(([dividend, divisor]) => divide(dividend, divisor, rounding))).toEqual(expected);
  });

  it('is off by less than one unit, and by at most a half when it rounds to the nearest', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 12n }), fc.constantFrom(...roundings), (dividend, divisor, rounding) => {
        const off = divide(dividend, divisor, rounding) * divisor - dividend;
        const magnitude = off < 0n ? -off : off;
        expect(magnitude < divisor).toBe(true);
        if (rounding.startsWith('half')) expect(magnitude * 2n <= divisor).toBe(true);
      }),
    );
  });

  it('leaves a payable amount as it is', () => {
    fc.assert(
      fc.property(anyMoney, fc.constantFrom(...roundings), (money, rounding) => {
        const payable = roundToPayable(money, rounding);
        expect(isPayable(payable)).toBe(true);
        expect(roundToPayable(payable, rounding)).toEqual(payable);
      }),
    );
  });
});

describe('decimals', () => {
  it('multiplies exactly', () => {
    const product = multiply(parseDecimal('95')!, parseDecimal('0.045')!);
    expect(decimalText(product)).toBe('4.275');
    expect(decimalText(toScale(product, 2, 'half-up'))).toBe('4.28');
  });

  it.each(['', '.5', '-1', '1e2', '00', '1.0000000000001'])('refuses %j', (text) => expect(parseDecimal(text)).toBeUndefined());
});

describe('allocate', () => {
  it('splits into parts that sum to the whole', () => {
    const weights = fc
      .array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 20 })
      .filter((all) => all.some((w) => w > 0n));
    fc.assert(
      fc.property(fc.bigInt(), weights, (amount, all) => {
        const parts = allocate(amount, all);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount);
        parts.forEach((part, index) => all[index] === 0n && expect(part).toBe(0n));
      }),
    );
  });

  it('gives the remainder to the first parts', () => expect(allocate(10n, [1n, 1n, 1n])).toEqual([4n, 3n, 3n]));

  it('refuses weights that share nothing', () => expect(() => allocate(1n, [0n])).toThrow(RangeError));
});

describe('postings', () => {
  const one = moneyOf('1', 'EUR');

  it('balance when debits equal credits in each currency', () => {
    expect(() => assertBalanced([debit('asset:cash:card', one), credit('revenue:ppv', one)])).not.toThrow();
    expect(() => assertBalanced([debit('asset:cash:card', one), credit('revenue:ppv', moneyOf('1', 'USD'))])).toThrow('do not balance');
  });

  it('stay balanced when mirrored', () => {
    const lines = mirrored([debit('asset:cash:card', one), credit('revenue:ppv', one)]);
    expect(lines.map(({ direction }) => direction)).toEqual(['credit', 'debit']);
    assertBalanced(lines);
  });

  it('are above zero', () => expect(() => debit('asset:cash:card', moneyOf('0', 'EUR'))).toThrow(RangeError));
});
