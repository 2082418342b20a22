import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { priceVersionOf } from '../../../services/catalog/domain/price-book.ts';
import { currencies, scalesOf, isCurrency } from '../../../services/money/currency.ts';
import { amountText } from '../../../services/money/money.ts';
import { rateUsage } from '../../../services/rating/domain/rate-usage.ts';
import { rateCharge } from '../../../verifier/bill/rate-charge.ts';

const roundings = ['half-up', 'half-even', 'half-down', 'down', 'up'];
const decimal = fc
  .tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 999_999 }))
  .map(([whole, part]) => `${whole}.${part}`);
const scales = (currency: string) => (isCurrency(currency) ? scalesOf(currency) : undefined);

describe('[D16] two codes that rate usage', () => {
  it('come to the same, for any price and quantity', () => {
    const prices = fc.record({
      ...{ rate: decimal, quantity: decimal, rounding: fc.constantFrom(...roundings) },
      currency: fc.constantFrom(...currencies),
      decimals: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(prices, ({ rate, quantity, rounding, currency, decimals }) => {
        const bands = [{ band: 'day', product: 'voice-day', unit: 'minute', rate }];
        const published = { priceBook: 'pbk', name: 'Voice', currency, rounding, decimals: String(decimals), bands };
        const service = rateUsage(priceVersionOf('demo.pricebook-pbk', 0n, published), { band: 'day', quantity });
        if ('code' in service) throw new Error(service.code);
        const amount = amountText(service.amount);
        expect(rateCharge(published, { band: 'day', quantity }, scales)).toEqual({ amount, currency, product: 'voice-day' });
      }),
      { seed: 20_261_126, numRuns: 500 },
    );
  });

  it('rate nothing that has no price', () => {
    const published = {
      currency: 'EUR',
      rounding: 'half-up',
      decimals: '2',
      bands: [{ band: 'day', product: 'voice', unit: 'minute', rate: '1' }],
    };
    const day = { band: 'day', quantity: '1' };
    expect(rateCharge(published, day, scales)).toEqual({ amount: '1.00', currency: 'EUR', product: 'voice' });
    for (const [price, usage] of [
      [published, { band: 'night', quantity: '1' }],
      [published, { band: 'day', quantity: '-1' }],
      [published, { band: 'day', quantity: 1 }],
      [{ ...published, currency: 'XXX' }, day],
      [{ ...published, decimals: '7' }, day],
      [{ ...published, rounding: 'nearest', bands: [{ ...published.bands[0], rate: '1.001' }] }, day],
      [{ ...published, bands: 'none' }, day],
    ] as const)
      expect(rateCharge(price, usage, scales)).toBeUndefined();
  });
});
