import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { priceVersionOf } from '../../../services/catalog/domain/price-book.ts';
import { amountText, moneyOf } from '../../../services/money/money.ts';
import { type RatedCharge, rateUsage } from '../../../services/rating/domain/rate-usage.ts';

const rates = { day: '0.17', eve: '0.085', night: '0.045', intl: '0.27' };
const book = (rounding: string) =>
  priceVersionOf('demo.pricebook-1', 0n, {
    priceBook: 'pbk_1',
    name: 'Voice',
    currency: 'USD',
    rounding,
    decimals: '2',
    bands: Object.entries(rates).map(([band, rate]) => ({ band, product: `voice-${band}`, unit: 'minute', rate })),
  });
const fixture = new URL('../../../services/main/demo/telecom-usage/mlc_churn.csv', import.meta.url);
const rows = parse<Record<string, string>>(readFileSync(fixture), { columns: true });

function rated(rounding: string, band: string, quantity: string): RatedCharge {
  const charge = rateUsage(book(rounding), { band, quantity });
  if ('code' in charge) throw new Error(charge.code);
  return charge;
}

function matches(rounding: string): number {
  return rows.flatMap((row) =>
    Object.keys(rates).filter((band) => {
      const published = moneyOf(row[`total_${band}_charge`]!, 'USD');
      return rated(rounding, band, row[`total_${band}_minutes`]!).amount.amount === published.amount;
    }),
  ).length;
}

describe('rateUsage', () => {
  it('[B15] agrees with 19,944 of 20,000 published charges, half-up', () => expect(matches('half-up')).toBe(19_944));
  it('[B15] agrees with 19,249 half-even and 18,599 half-down', () => {
    expect(matches('half-even')).toBe(19_249);
    expect(matches('half-down')).toBe(18_599);
  });

  it('[B15] differs on the half-cent ties of the night band only, by one cent each', () => {
    const differences = rows.flatMap((row, index) => {
      const charge = rated('half-up', 'night', row['total_night_minutes']!);
      const published = moneyOf(row['total_night_charge']!, 'USD');
      return charge.amount.amount === published.amount ? [] : [{ row: index + 1, cents: charge.amount.amount - published.amount }];
    });
    expect(differences).toHaveLength(56);
    expect(new Set(differences.map(({ cents }) => cents))).toEqual(new Set([10_000n]));
    expect(differences.slice(0, 3).map(({ row }) => row)).toEqual([65, 108, 204]);
  });

  it('explains the charge: price version, rate, exact product and rounding', () => {
    const { amount, product, trace } = rated('half-up', 'night', '95');
    expect([amountText(amount), product]).toEqual(['4.28', 'voice-night']);
    expect(trace).toEqual({
      priceBook: { stream: 'demo.pricebook-1', revision: '0' },
      band: 'night',
      quantity: '95',
      unit: 'minute',
      rate: '0.045',
      exact: '4.275',
      rounding: 'half-up',
      decimals: '2',
    });
  });

  it('refuses a band without a rate instead of rating at zero', () => {
    expect(rateUsage(book('half-up'), { band: 'moon', quantity: '1' })).toEqual({ code: 'band_unknown', band: 'moon' });
  });
});
