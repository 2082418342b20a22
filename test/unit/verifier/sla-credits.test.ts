import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { account } from '../../../services/accounts/domain/account.ts';
import type { AccountEvent } from '../../../services/accounts/domain/account.events.ts';
import { recordOutage, type RecordOutageData } from '../../../services/accounts/domain/outage.decider.ts';
import type { Json } from '../../../services/event-store/domain/canonical-json.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { termsHashOf } from '../../../services/settlement/domain/terms.ts';
import type { TermsDocument } from '../../../services/settlement/domain/terms.events.ts';
import { StateFile } from '../../../verifier/state/state-file.ts';
import type { Outcome } from '../../../verifier/verdict.ts';
import { LogBuilder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { summaryOf, verifyFiles } from '../../support/verify-files.ts';
import { History, id } from '../accounts/account.fixtures.ts';

const document: TermsDocument = {
  ...{ format: 'tallyroot-terms/1', provider: 'north', offer: 'internet-100', version: '1', refunds: 'None.' },
  ...{ price: { amount: '29.90', currency: 'EUR', cycle: 'month' }, priceBooks: [] },
  slaCredits: [
    { availabilityBelow: '99', creditPercent: '25' },
    { availabilityBelow: '99.5', creditPercent: '10' },
  ],
};
const next: TermsDocument = { ...document, version: '2', slaCredits: [{ availabilityBelow: '99.5', creditPercent: '50' }] };
const stream = `north.account-${id}`;
const at = (day: string) => `2026-06-${day}:00.000Z`;
/** Of a month of 30 days: 0.5 % are 3 hours 36 minutes, 1 % is 7 hours 12 minutes. */
const nights = [outage('03T01:00', '03T04:37'), outage('20T00:00', '20T05:00')];

type Told = Pick<RecordOutageData, 'from' | 'until' | 'source' | 'evidence'>;

function outage(from: string, until: string): Told {
  return { from: at(from), until: at(until), source: 'probe-7', evidence: `0x${'ee'.repeat(32)}` };
}

/** What the service decides for these outages, by terms that it published. */
function decided(outages: readonly Told[], terms = document): AccountEvent[] {
  const hash = termsHashOf(terms);
  const { offer, slaCredits, price } = terms;
  const named = { hash, stream: `north.terms-${hash}`, revision: '0' };
  const promised = { terms: named, offer, slaCredits, price: moneyOf(price.amount, price.currency), cycle: price.cycle };
  const events = [...new History().prepaid().events];
  for (const told of outages) {
    const state = events.reduce(
      (before, event, revision) => account.evolve(before, { event, id: `${revision}`, revision: BigInt(revision) }),
      account.initial,
    );
    const decision = recordOutage(state, { ...told, promised, effectiveAt: '2026-12-31T00:00:00.000Z' });
    if (decision.kind === 'accepted') events.push(...decision.events);
  }
  return events;
}

/** A log of these events of one account, behind the terms. */
function logOf(
  events: readonly { readonly type: string; readonly data: object }[],
  published: readonly TermsDocument[] = [document, next],
) {
  const log = new LogBuilder();
  for (const each of published) publish(log, each);
  for (const { type, data } of events) log.append({ stream, type, fin: data as Json });
  log.commitState();
  return log;
}

function publish(log: LogBuilder, terms: TermsDocument, hash = termsHashOf(terms)): void {
  log.append({ stream: `north.terms-${hash}`, type: 'TermsPublished/1', fin: { hash, document: terms } });
}

async function verify(log: LogBuilder): Promise<Outcome> {
  return (await verifyFiles(log, log.files())) as Outcome;
}

/** The events with a change to the first of a type. */
function forged(events: readonly AccountEvent[], type: AccountEvent['type'], change: (data: string) => string): AccountEvent[] {
  const place = events.findIndex((event) => event.type === type);
  return events.map((event, index) => (index === place ? { ...event, data: JSON.parse(change(JSON.stringify(event.data))) } : event));
}

const honest = decided(nights);
const credits = honest.flatMap(({ type }, revision) => (type === 'SlaCredited/1' ? [revision] : []));
/** Leaves before the account's first event: genesis, and two terms. */
const before = 3;
const unlisted = { V1: 'not checked', V6: 'not checked' };

describe('[D15] credits of terms, computed again from the log', () => {
  it('are what the service credits, whatever the outages are', async () => {
    expect(credits).toHaveLength(2);
    const minute = fc.integer({ min: 0, max: 60 * 24 * 61 });
    const told = fc.tuple(minute, fc.integer({ min: 1, max: 900 })).map(([from, length]) => {
      const instant = (minutes: number) => new Date(Date.UTC(2026, 5) + minutes * 60_000).toISOString();
      return { ...nights[0]!, from: instant(from), until: instant(from + length) };
    });
    const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => String(hundredths / 100));
    const promises = fc.uniqueArray(fc.record({ availabilityBelow: percent, creditPercent: percent }), {
      ...{ maxLength: 4, selector: ({ availabilityBelow }: { availabilityBelow: string }) => availabilityBelow },
    });
    const terms = fc.record({ slaCredits: promises, cycle: fc.constantFrom('month', 'year') });
    await fc.assert(
      fc.asyncProperty(fc.array(told, { maxLength: 8 }), terms, async (outages, { slaCredits, cycle }) => {
        const published = { ...document, slaCredits, price: { ...document.price, cycle } };
        const log = logOf(decided(outages, published), [published]);
        expect(summaryOf(await verify(log))).toEqual({ verdict: 'VALID', results: unlisted, firstBad: undefined });
      }),
      { seed: 20_261_126, numRuns: 60 },
    );
  });

  const stronger = termsHashOf(next);
  it.each([
    ['more money', (data: string) => data.replaceAll('"2.99"', '"9.99"')],
    ['less money', (data: string) => data.replaceAll('"2.99"', '"0.99"')],
    ['another percent', (data: string) => data.replace('"creditPercent":"10"', '"creditPercent":"25"')],
    ['another promise', (data: string) => data.replace('"availabilityBelow":"99.5"', '"availabilityBelow":"99.9"')],
    ['another price', (data: string) => data.replace('"price":"29.90"', '"price":"39.90"')],
    ['another cycle', (data: string) => data.replaceAll('2026-06-01', '2026-05-01').replaceAll('2026-07-01', '2026-06-01')],
    ['more downtime', (data: string) => data.replace('"downMs":"13020000"', '"downMs":"93020000"')],
    ['an outage that is none', (data: string) => data.replace('"outages":["1"]', '"outages":["1","0"]')],
    ['another offer', (data: string) => data.replaceAll('internet-100', 'internet-500')],
    ['the terms of another version', (data: string) => data.replaceAll(termsHashOf(document), stronger)],
    ['terms that nobody published', (data: string) => data.replaceAll(termsHashOf(document), `0x${'ab'.repeat(32)}`)],
    ['another wallet', (data: string) => data.replace(`wallet:${id}`, 'wallet:acc_other')],
    ['a time before the outage', (data: string) => data.replace('2026-12-31', '2026-05-31')],
  ])('are found out at the event where one has %s', async (_, change) => {
    const outcome = await verify(logOf(forged(honest, 'SlaCredited/1', change)));
    expect(summaryOf(outcome)).toEqual({
      ...{ verdict: 'INVALID', results: { ...unlisted, V7: 'invalid' }, firstBad: before + credits[0]! },
    });
    const [problem] = outcome.checks.find(({ id }) => id === 'V7')!.invalid;
    expect(problem?.evidence?.['recomputed']).toContain('"amount":"2.99"');
  });

  it('are found out where nothing is due, or the same is due once', async () => {
    const [first] = credits as [number];
    const twice = honest.toSpliced(first + 1, 0, honest[first]!);
    expect(summaryOf(await verify(logOf(twice)))).toMatchObject({ verdict: 'INVALID', firstBad: before + first + 1 });
    const kept = decided([outage('03T01:00', '03T04:36')]);
    const undue = [...kept, honest[first]!];
    expect(summaryOf(await verify(logOf(undue)))).toMatchObject({ verdict: 'INVALID', firstBad: before + kept.length });
  });

  it('are missed where the event behind the outage is another one', async () => {
    const [first] = credits as [number];
    expect(summaryOf(await verify(logOf(honest.toSpliced(first, 1))))).toMatchObject({ verdict: 'INVALID', firstBad: before + first });
  });

  it.each([
    ['is of another cycle', (data: string) => data.replaceAll('"2026-06-01', '"2026-05-01')],
    ['ends before it begins', (data: string) => data.replace(at('03T04:37'), at('03T00:37'))],
    ['goes on behind its cycle', (data: string) => data.replace(at('03T04:37'), '2026-07-02T00:00:00.000Z')],
    ['is of another account', (data: string) => data.replace(id, 'acc_other')],
    ['names terms of another offer', (data: string) => data.replace('internet-100', 'internet-500')],
    ['names terms that nobody published', (data: string) => data.replaceAll(termsHashOf(document), `0x${'ab'.repeat(32)}`)],
  ])('follow from no outage that %s', async (_, change) => {
    const outcome = await verify(logOf(forged(decided(nights.slice(0, 1)).slice(0, 2), 'OutageRecorded/1', change)));
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'INVALID', results: { V7: 'invalid' }, firstBad: before + 1 });
  });

  it('follow from no terms that are published behind them, or under the hash of others', async () => {
    const late = logOf(honest, [next]);
    publish(late, document);
    expect(summaryOf(await verify(late))).toMatchObject({ verdict: 'INVALID', firstBad: 3 });
    const false_ = new LogBuilder();
    publish(false_, { ...document, slaCredits: next.slaCredits }, termsHashOf(document));
    expect(summaryOf(await verify(false_))).toMatchObject({ verdict: 'INVALID', results: { V7: 'invalid' }, firstBad: 1 });
  });

  it.each([
    ['terms', 1],
    ['outage', before + 1],
    ['first credit', before + 2],
  ])('accuse nobody where the %s is not at hand', async (_, index) => {
    const log = logOf(honest);
    const files = log.files();
    const lines = files.get('payloads/000.jsonl')!.toString().split('\n');
    lines[index] = JSON.stringify({ ...JSON.parse(lines[index]!), data: 'missing', metadata: 'missing' });
    const outcome = await verifyFiles(log, files.set('payloads/000.jsonl', Buffer.from(lines.join('\n'))));
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V7: 'unverifiable' } });
  });

  it('go on in the log that supersedes theirs, and wait for it where it is not at hand', async () => {
    const [first] = credits as [number];
    const log = logOf(honest.slice(0, first + 1));
    const size = log.size;
    const goingOn = new LogBuilder({ supersedes: { log, size } });
    for (const { type, data } of honest.slice(first + 1)) goingOn.append({ stream, type, fin: data });
    const superseded = [new MemoryLogSource(log.files())];
    expect(summaryOf(await verifyFiles(goingOn, goingOn.files(), { superseded }))).toMatchObject({ verdict: 'VALID' });
    expect(summaryOf(await verifyFiles(goingOn, goingOn.files()))).toMatchObject({
      verdict: 'UNVERIFIABLE',
      results: { V7: 'unverifiable' },
    });
  });

  it.each([
    ['VALID', (data: string) => data],
    ['INVALID', (data: string) => data.replaceAll('"2.99"', '"9.99"')],
  ])('are computed by a verification that goes on behind their terms and outages: %s', async (verdict, change) => {
    const [first] = credits as [number];
    const folder = mkdtempSync(join(tmpdir(), 'tallyroot-credits-'));
    const resume = new StateFile(join(folder, 'state'), { delayMs: 0 });
    try {
      const log = logOf(honest.slice(0, first));
      while (log.size < 256) log.move('1.00', { account: 'acc_other' });
      expect(summaryOf(await verifyFiles(log, log.files(), { resume }))).toMatchObject({ verdict: 'VALID' });
      for (const { type, data } of forged(honest, 'SlaCredited/1', change).slice(first)) log.append({ stream, type, fin: data });
      const begun: number[] = [];
      const outcome = await verifyFiles(log, log.files(), { resume, onProgress: ({ from }) => begun.push(from) });
      expect([summaryOf(outcome).verdict, begun[0]]).toEqual([verdict, 256]);
      expect(summaryOf(outcome)).toMatchObject(verdict === 'VALID' ? {} : { firstBad: 256, results: { V7: 'invalid' } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
