import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Currency, scalesOf } from '../../../services/money/currency.ts';
import { parseDecimal } from '../../../services/money/decimal.ts';
import { type Money, moneyOf } from '../../../services/money/money.ts';
import { lockedRate } from '../../../services/settlement/domain/rate.ts';
import { minorOf, unitsWorth, worthOf } from '../../../services/settlement/domain/token-units.ts';

const seed = 6;
const fiats: fc.Arbitrary<Money> = fc
  .record({ currency: fc.constantFrom<Currency>('EUR', 'JPY', 'KWD'), minor: fc.bigInt({ min: 1n, max: 10n ** 12n }) })
  .map(({ currency, minor }) => {
    const { ledgerScale, payableScale } = scalesOf(currency);
    return { currency, amount: minor * 10n ** BigInt(ledgerScale - payableScale) };
  });
const prices = fc
  .record({ digits: fc.bigInt({ min: 1n, max: 10n ** 14n }), scale: fc.integer({ min: 0, max: 8 }) })
  .map(({ digits, scale }) => ({ digits, scale }));
const decimals = fc.integer({ min: 1, max: 18 });

describe('an amount in units of a token', () => {
  it('[SET-A15] is the least that is worth the amount: one unit less is too little', () =>
    fc.assert(
      fc.property(fiats, prices, decimals, (fiat, price, each) => {
        const units = unitsWorth(fiat, price, each);
        // Compared as whole numbers, without any rounding of the code under test.
        const scaled = (of: bigint) => of * price.digits * 10n ** BigInt(scalesOf(fiat.currency).ledgerScale);
        const wanted = fiat.amount * 10n ** BigInt(price.scale + each);
        expect(scaled(units) >= wanted && scaled(units - 1n) < wanted).toBe(true);
      }),
      { seed, numRuns: 500 },
    ));

  it('[SET-A15] comes back within one unit of the token, and never below what was asked', () =>
    fc.assert(
      fc.property(fiats, prices, decimals, (fiat, price, each) => {
        const units = unitsWorth(fiat, price, each);
        const back = worthOf(units, price, { decimals: each, currency: fiat.currency, rounding: 'down' });
        const oneUnit = worthOf(1n, price, { decimals: each, currency: fiat.currency, rounding: 'up' });
        expect(back.amount >= fiat.amount && back.amount - fiat.amount <= oneUnit.amount).toBe(true);
        expect(unitsWorth(back, price, each)).toBe(units);
      }),
      { seed, numRuns: 500 },
    ));

  it.each([
    ['60.50', 'EUR', '1', 6, 60_500_000n],
    ['60.50', 'EUR', '3000', 18, 20_166_666_666_666_667n],
    ['0.01', 'EUR', '99999', 2, 1n],
    ['100', 'JPY', '0.0064', 6, 15_625_000_000n],
  ] as const)('[SET-A15] of %s %s at %s with %i decimals is %i', (amount, currency, rate, each, units) =>
    expect(unitsWorth(moneyOf(amount, currency), parseDecimal(rate)!, each)).toBe(units),
  );

  it('[SET-A15] is refused for a token without decimals, or with more than the ledger can write', () => {
    for (const each of [0, 19, 1.5, -1]) {
      expect(() => unitsWorth(moneyOf('1', 'EUR'), parseDecimal('1')!, each)).toThrow(RangeError);
      expect(() => worthOf(1n, parseDecimal('1')!, { decimals: each, currency: 'EUR', rounding: 'down' })).toThrow(RangeError);
    }
  });

  it('is told in payable units of its currency, and only where there are some', () => {
    expect(minorOf(moneyOf('60.50', 'EUR'))).toBe(6050n);
    expect(minorOf(moneyOf('100', 'JPY'))).toBe(100n);
    expect(() => minorOf(moneyOf('0.001', 'EUR'))).toThrow(RangeError);
  });
});

describe('the option that a quote is', () => {
  const bps = 10_000n;

  it('[SET-A40] costs the provider no more than the spread when the price falls by ten percent, with a spread that is meant for it', () =>
    fc.assert(
      fc.property(fiats, prices, fc.bigInt({ min: 514n, max: 2_000n }), (fiat, market, spread) => {
        const price = lockedRate({ rate: rateText(market), spreadBps: spread.toString() });
        const units = unitsWorth(fiat, price, 18);
        const fallen = { digits: market.digits * 9n, scale: market.scale + 1 };
        const got = worthOf(units, fallen, { decimals: 18, currency: fiat.currency, rounding: 'up' });
        expect((fiat.amount - got.amount) * bps <= fiat.amount * spread).toBe(true);
      }),
      { seed, numRuns: 300 },
    ));

  it('[SET-A40] costs nothing while the price falls by less than the spread', () =>
    fc.assert(
      fc.property(fiats, prices, fc.bigInt({ min: 1n, max: 2_000n }), (fiat, market, spread) => {
        const units = unitsWorth(fiat, lockedRate({ rate: rateText(market), spreadBps: spread.toString() }), 18);
        const fallen = { digits: market.digits * (bps - spread), scale: market.scale + 4 };
        const got = worthOf(units, fallen, { decimals: 18, currency: fiat.currency, rounding: 'down' });
        expect(got.amount >= fiat.amount).toBe(true);
      }),
      { seed, numRuns: 300 },
    ));

  it('has a spread below the whole price', () => {
    for (const spreadBps of ['10000', '-1']) expect(() => lockedRate({ rate: '1', spreadBps })).toThrow(RangeError);
    expect(() => lockedRate({ rate: '0', spreadBps: '1' })).toThrow(RangeError);
  });
});

function rateText({ digits, scale }: { readonly digits: bigint; readonly scale: number }): string {
  const text = digits.toString().padStart(scale + 1, '0');
  return scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
