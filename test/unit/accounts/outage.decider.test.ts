import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import type { AccountEvent } from '../../../services/accounts/domain/account.events.ts';
import { recordOutage, type RecordOutageData } from '../../../services/accounts/domain/outage.decider.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { given } from '../../support/given.ts';
import { History, id } from './account.fixtures.ts';

const terms = { hash: `0x${'ab'.repeat(32)}`, stream: `demo.terms-0x${'ab'.repeat(32)}`, revision: '0' };
const promised: RecordOutageData['promised'] = {
  ...{ terms, offer: 'internet-100', price: moneyOf('29.90', 'EUR'), cycle: 'month' },
  slaCredits: [
    { availabilityBelow: '99', creditPercent: '25' },
    { availabilityBelow: '99.5', creditPercent: '10' },
  ],
};
const evidence = `0x${'ee'.repeat(32)}`;

/** Of a month of 30 days: 0.5 % are 3 hours 36 minutes, 1 % is 7 hours 12 minutes. */
const outage = (from: string, until: string, changes: Partial<RecordOutageData> = {}): RecordOutageData => {
  const at = (time: string) => `2026-06-${time}:00.000Z`;
  return { promised, from: at(from), until: at(until), source: 'probe-7', evidence, effectiveAt: '2026-07-01T08:00:00.000Z', ...changes };
};
const record = (events: readonly AccountEvent[], data: RecordOutageData) =>
  given(account, events).when((state) => recordOutage(state, data));
const opened = new History().prepaid().events;

describe('[D15] an outage', () => {
  it('is a fact, and nothing more, as long as the promise is kept: on the line is not below it', () => {
    record(opened, outage('03T01:00', '03T04:36')).thenAccepts('OutageRecorded/1');
  });

  it('that breaks the promise makes the credit of the terms, with what it follows from', () => {
    const [, credited] = record(opened, outage('03T01:00', '03T04:37')).thenAccepts('OutageRecorded/1', 'SlaCredited/1');
    expect(credited?.data).toMatchObject({
      ...{ terms, offer: 'internet-100', outages: ['1'], downMs: '13020000', cycleMs: '2592000000' },
      ...{ cycle: { from: '2026-06-01T00:00:00.000Z', until: '2026-07-01T00:00:00.000Z' } },
      ...{ availabilityBelow: '99.5', creditPercent: '10', before: '0', price: '29.90', amount: '2.99', currency: 'EUR' },
      postings: [
        { account: 'revenue:internet-100', amount: '2.99', direction: 'debit' },
        { account: `liability:wallet:${id}:sla`, amount: '2.99', direction: 'credit' },
      ],
    });
  });

  it('adds up with others of its cycle, what overlaps once, and a worse breach is credited by what it gives more', () => {
    const first = record(opened, outage('03T01:00', '03T04:00')).thenAccepts('OutageRecorded/1');
    const overlapping = record([...opened, ...first], outage('03T02:00', '03T04:30')).thenAccepts('OutageRecorded/1');
    const before = [...opened, ...first, ...overlapping];
    const second = record(before, outage('09T00:00', '09T01:00')).thenAccepts('OutageRecorded/1', 'SlaCredited/1');
    expect(second[1]?.data).toMatchObject({ outages: ['1', '2', '3'], downMs: '16200000', amount: '2.99' });
    const more = record([...before, ...second], outage('12T00:00', '12T00:30')).thenAccepts('OutageRecorded/1');
    const worse = record([...before, ...second, ...more], outage('20T00:00', '20T06:00')).thenAccepts('OutageRecorded/1', 'SlaCredited/1');
    // A quarter of 29.90 is 7.475, rounded half-up; 2.99 of it was credited before.
    expect(worse[1]?.data).toMatchObject({ creditPercent: '25', before: '10', amount: '4.49', outages: ['1', '2', '3', '5', '6'] });
    expect(given(account, [...before, ...second, ...more, ...worse]).state).toMatchObject({
      wallet: 7_480_000n,
      buckets: new Map([['sla', 7_480_000n]]),
    });
    record([...before, ...second, ...more, ...worse], outage('25T00:00', '25T06:00')).thenAccepts('OutageRecorded/1');
  });

  it('counts in its own cycle, and under its own terms', () => {
    const june = record(opened, outage('03T01:00', '03T04:37')).thenAccepts('OutageRecorded/1', 'SlaCredited/1');
    const july = { from: '2026-07-03T00:00:00.000Z', until: '2026-07-03T01:00:00.000Z', effectiveAt: '2026-08-01T00:00:00.000Z' };
    record([...opened, ...june], outage('', '', july)).thenAccepts('OutageRecorded/1');
    const other = { ...promised, terms: { ...terms, hash: `0x${'cd'.repeat(32)}` } };
    record([...opened, ...june], outage('05T00:00', '05T01:00', { promised: other })).thenAccepts('OutageRecorded/1');
  });

  it('is told twice and counts once', () => {
    const told = record(opened, outage('03T01:00', '03T04:37')).thenAccepts('OutageRecorded/1', 'SlaCredited/1');
    record([...opened, ...told], outage('03T01:00', '03T04:37')).thenRepeats(1n);
  });

  it('is refused in this order: unknown account, currency, nothing promised, period', () => {
    record([], outage('03T01:00', '03T02:00')).thenRejects({ code: 'account_not_found' });
    record(opened, outage('03T01:00', '03T02:00', { promised: { ...promised, price: moneyOf('29.90', 'USD') } })).thenRejects({
      ...{ code: 'currency_mismatch', account: 'EUR', given: 'USD' },
    });
    for (const nothing of [
      { ...promised, slaCredits: [] },
      { ...promised, cycle: 'once' },
    ])
      record(opened, outage('03T01:00', '03T02:00', { promised: nothing })).thenRejects({
        code: 'availability_not_promised',
        terms: terms.hash,
      });
    const month = { from: '2026-06-01T00:00:00.000Z', until: '2026-07-01T00:00:00.000Z' };
    for (const data of [
      outage('03T02:00', '03T02:00'),
      outage('30T23:00', '', { until: '2026-07-01T00:00:01.000Z' }),
      outage('03T01:00', '03T02:00', { effectiveAt: '2026-06-03T01:30:00.000Z' }),
    ])
      record(opened, data).thenRejects({ code: 'outage_period_invalid', ...month });
  });
});
