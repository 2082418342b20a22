import { beforeEach, describe, expect, it } from '@jest/globals';
import { LoggedRates } from '../../../services/settlement/application/quoting/reference-rates.ts';
import type { OldRateNotice } from '../../../services/settlement/application/settlement-alarms.ts';
import { rateStream } from '../../../services/settlement/application/settlement-streams.ts';
import { knownRate, setRate } from '../../../services/settlement/domain/rate-table.ts';
import { RefundWorld } from './refund.fixtures.ts';

const noon = '2026-03-01T12:00:00.000Z';
const after = (seconds: number) => new Date(Date.parse(noon) + seconds * 1000).toISOString();
let world: RefundWorld;
let told: OldRateNotice[];
let rates: LoggedRates;
beforeEach(async () => {
  [world, told] = [new RefundWorld(), []];
  rates = new LoggedRates(world.store, (notice) => told.push(notice));
  await set('3000', noon);
});

async function set(rate: string, at: string): Promise<void> {
  const rule = { source: 'table', spreadBps: '100', ageSecondsMax: '600', quoteSeconds: '300' };
  const data = { base: 'ETH', currency: 'EUR', rate, at, ...rule };
  await world.act(knownRate, rateStream('demo', 'ETH', 'EUR'), (state) => setRate(state, data, at));
}
const at = (time: string) => rates.at('demo', { base: 'ETH', currency: 'EUR', time });

describe('the rate that a payment is posted at', () => {
  it('is the last one that was true by then, and nobody is told of one that a quote may still have been made by', async () => {
    await set('3100', after(60));
    expect([(await at(after(59)))?.rate, (await at(after(960)))?.rate, await at(after(-1))]).toEqual(['3000', '3100', undefined]);
    expect(told).toEqual([]);
  });

  it('is used however old it is, and somebody is told, once a rate', async () => {
    for (const late of [901, 902]) expect(await at(after(late))).toMatchObject({ rate: '3000', at: noon });
    expect(told).toEqual([{ provider: 'demo', base: 'ETH', currency: 'EUR', at: noon, usedFor: after(901) }]);
    await set('3100', after(2000));
    expect(await at(after(2100))).toMatchObject({ rate: '3100' });
    expect(await at(after(9000))).toMatchObject({ rate: '3100' });
    expect(told).toHaveLength(2);
  });
});
