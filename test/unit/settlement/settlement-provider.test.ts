import { describe, expect, it } from '@jest/globals';
import { eventIdOf, providerIdOf } from '../../../services/settlement/domain/chain-number.ts';
import { mappedTitle, mapTitle } from '../../../services/settlement/domain/ppv-event.ts';
import { knownRate, setRate, usableRate } from '../../../services/settlement/domain/rate-table.ts';
import {
  bookCurrencyOf,
  configured,
  configureSettlement,
  settlementProvider,
} from '../../../services/settlement/domain/settlement-provider.ts';
import type { PpvEvent, RateEvent, SettlementProviderEvent } from '../../../services/settlement/domain/settlement-provider.events.ts';
import { noTerms, publishTerms, terms, termsHashOf } from '../../../services/settlement/domain/terms.ts';
import type { TermsDocument, TermsEvent } from '../../../services/settlement/domain/terms.events.ts';
import { given } from '../../support/given.ts';

describe('a provider that takes payments on chain', () => {
  const profile = { legalName: 'Demo Stream GmbH', termsHash: noTerms };
  const named: SettlementProviderEvent[] = [
    { type: 'SettlementProviderNamed/1', data: { providerId: '11' } },
    { type: 'SettlementProfileSet/1', data: profile },
  ];
  const configure = (legalName: string) => (state: Parameters<typeof configureSettlement>[0]) =>
    configureSettlement(state, { providerId: '12', profile: { ...profile, legalName } });

  it('has one number for ever, and the name that it gave last', () => {
    given(settlementProvider, []).when(configure('A')).thenAccepts('SettlementProviderNamed/1', 'SettlementProfileSet/1');
    const [renamed] = given(settlementProvider, named).when(configure('B')).thenAccepts('SettlementProfileSet/1');
    expect(configured(given(settlementProvider, [...named, renamed!]).state)).toMatchObject({
      providerId: '11',
      profile: { legalName: 'B' },
    });
  });

  it('[J1] says once what its books are kept in, EUR where it does not', () => {
    const [, said] = given(settlementProvider, []).when(configure('A')).thenAccepts('SettlementProviderNamed/1', 'SettlementProfileSet/1');
    expect(said?.data).toMatchObject({ bookCurrency: 'EUR' });
    const inDollars = (state: Parameters<typeof configureSettlement>[0]) =>
      configureSettlement(state, { providerId: '12', profile: { ...profile, bookCurrency: 'USD' } });
    given(settlementProvider, named).when(inDollars).thenRejects({ code: 'book_currency_fixed', bookCurrency: 'EUR' });
    const events = given(settlementProvider, []).when(inDollars).thenAccepts('SettlementProviderNamed/1', 'SettlementProfileSet/1');
    expect(bookCurrencyOf(given(settlementProvider, events).state)).toBe('USD');
    const [renamed] = given(settlementProvider, events).when(configure('B')).thenAccepts('SettlementProfileSet/1');
    expect(renamed?.data).toMatchObject({ legalName: 'B', bookCurrency: 'USD' });
  });

  it('says the same name once', () => given(settlementProvider, named).when(configure(profile.legalName)).thenRepeats(1n));

  it('takes none before it said who it is', () =>
    expect([[], named.slice(0, 1)].map((events) => configured(given(settlementProvider, events).state))).toEqual([
      { code: 'settlement_not_configured' },
      { code: 'settlement_not_configured' },
    ]));

  it('has a number that follows from its slug and fits into 64 bits', () => {
    expect(providerIdOf('demo')).toBe(providerIdOf('demo'));
    expect(new Set([providerIdOf('demo'), providerIdOf('other'), eventIdOf('demo', 'ttl_1', 1), eventIdOf('demo', 'ttl_1', 2)]).size).toBe(
      4,
    );
    expect(BigInt(providerIdOf('demo')) < 2n ** 64n).toBe(true);
  });
});

describe('the event of a title', () => {
  const endsAt = '2026-03-01T22:00:00.500Z';
  const map = (at: string) => (state: Parameters<typeof mapTitle>[0]) =>
    mapTitle(state, { slug: 'demo', title: 'ttl_1', endsAt: at, captureAfterSeconds: 0n, reclaimAfterSeconds: 86_400n * 30n });

  it('gives the money up for taking when the title is over, for a time', () => {
    const [event] = given(mappedTitle, []).when(map(endsAt)).thenAccepts('PpvEventMapped/1');
    expect(event?.data).toEqual({
      title: 'ttl_1',
      eventId: eventIdOf('demo', 'ttl_1', 1),
      captureAfter: '1772402401',
      reclaimAfter: '1774994401',
    });
  });

  it('is the same as long as the title ends at the same time, and another one after that', () => {
    const first = given(mappedTitle, []).when(map(endsAt)).thenAccepts('PpvEventMapped/1') as PpvEvent[];
    given(mappedTitle, first).when(map(endsAt)).thenRepeats(0n);
    const [second] = given(mappedTitle, first).when(map('2026-03-08T22:00:00.000Z')).thenAccepts('PpvEventMapped/1');
    expect(second?.data.eventId).toBe(eventIdOf('demo', 'ttl_1', 2));
  });

  it('is the one that it had before under terms that come back', () => {
    const other = '2026-03-08T22:00:00.000Z';
    const first = given(mappedTitle, []).when(map(endsAt)).thenAccepts('PpvEventMapped/1') as PpvEvent[];
    const both = [...first, ...(given(mappedTitle, first).when(map(other)).thenAccepts('PpvEventMapped/1') as PpvEvent[])];
    given(mappedTitle, both).when(map(endsAt)).thenRepeats(0n);
    given(mappedTitle, both).when(map(other)).thenRepeats(1n);
  });
});

describe('the table of rates', () => {
  const now = '2026-03-01T12:00:00.000Z';
  const rate = {
    ...{ base: 'ETH', currency: 'EUR', rate: '3000', source: 'desk', at: '2026-03-01T11:59:00.000Z' },
    ...{ spreadBps: '100', ageSecondsMax: '600', quoteSeconds: '600' },
  };
  const known: RateEvent[] = [{ type: 'RateSet/1', data: rate }];
  const set = (changes: Partial<typeof rate>) => (state: Parameters<typeof setRate>[0]) => setRate(state, { ...rate, ...changes }, now);

  it('keeps what was said of a rate', () => {
    const [event] = given(knownRate, []).when(set({})).thenAccepts('RateSet/1');
    expect(given(knownRate, [event!]).state).toMatchObject({ status: 'set', rate });
  });

  it('takes no rate of a time to come', () => {
    given(knownRate, [])
      .when(set({ at: '2026-03-01T12:01:00.001Z' }))
      .thenRejects({ code: 'rate_ahead', at: '2026-03-01T12:01:00.001Z' });
    given(knownRate, [])
      .when(set({ at: '2026-03-01T12:01:00.000Z' }))
      .thenAccepts('RateSet/1');
  });

  it('repeats the rate that it has', () => given(knownRate, known).when(set({})).thenRepeats(0n));

  it('prices nothing by a zero that a ledger holds from before', () => {
    expect(usableRate(given(knownRate, known).state)).toEqual(rate);
    for (const zero of ['0', '0.000']) {
      const set: RateEvent = { type: 'RateSet/1', data: { ...rate, rate: zero } };
      expect(usableRate(given(knownRate, [...known, set]).state)).toBeUndefined();
    }
    expect(usableRate(knownRate.initial)).toBeUndefined();
  });

  it('takes no rate that was true before the last one', () => {
    given(knownRate, known)
      .when(set({ at: '2026-03-01T11:58:59.999Z' }))
      .thenRejects({ code: 'rate_not_newer', lastAt: rate.at });
    given(knownRate, known)
      .when(set({ rate: '2999' }))
      .thenAccepts('RateSet/1');
  });
});

describe('the terms of an offer', () => {
  const escrow = (days: number) => ({ captureAfterSeconds: '0', reclaimAfterSeconds: String(days * 86_400) });

  const document: TermsDocument = {
    ...{ format: 'tallyroot-terms/1', provider: 'demo', offer: 'ppv', version: '1', refunds: 'None.' },
    price: { amount: '4.99', currency: 'EUR', cycle: 'once' },
    ...{ priceBooks: [], slaCredits: [] },
  };

  it('are published under the hash of their canonical text, once', () => {
    const events = given(terms, [])
      .when((state) => publishTerms(state, document))
      .thenAccepts('TermsPublished/1') as TermsEvent[];
    expect(events[0]?.data).toEqual({ hash: termsHashOf(document), document });
    given(terms, events)
      .when((state) => publishTerms(state, document))
      .thenRepeats(0n);
  });

  it('hold money in escrow for as long as the contract asks at least', () => {
    given(terms, [])
      .when((state) => publishTerms(state, { ...document, escrow: escrow(13) }))
      .thenRejects({ code: 'escrow_too_short', reclaimAfterSecondsMin: '1209600' });
    given(terms, [])
      .when((state) => publishTerms(state, { ...document, escrow: escrow(14) }))
      .thenAccepts('TermsPublished/1');
  });

  it('[D15] have another hash with any other word in them', () => {
    expect(termsHashOf({ ...document, refunds: 'Whole.' })).not.toBe(termsHashOf(document));
    expect(termsHashOf(JSON.parse(JSON.stringify(document)))).toBe(termsHashOf(document));
  });
});
