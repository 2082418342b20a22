import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type CanonicalJson, canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { AppendRequest, ProposedEvent } from '../../../services/event-store/domain/event-store.ts';
import { appendUntilKnown } from './insist.ts';
import { collect, idsOf, propose, revisionsOf, revisionsUpTo } from './events.ts';
import { promise } from './promise.ts';
import type { Trial } from './trial.ts';

const oneEvent = (overrides: Partial<ProposedEvent>) => propose(1).map((event) => ({ ...event, ...overrides }));

/** The port refuses the append before any I/O, and the stream of the trial stays as it was. */
async function expectRefused({ store, stream }: Trial, request: Partial<AppendRequest>): Promise<void> {
  const whole = { stream, expected: 'no_stream' as const, events: propose(1), ...request };
  const shown = { stream: whole.stream.slice(0, 100), event: whole.events[0] && { ...whole.events[0], data: undefined } };
  const outcome = await store.append(whole).then(
    () => 'written',
    (error: unknown) => (error as Error).name,
  );
  expect({ ...shown, outcome }).toEqual({ ...shown, outcome: 'AppendRefusedDefect' });
  await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
}

const badIds = [
  '',
  'x',
  '00000000-0000-0000-0000-000000000000',
  '0F7E0D3B-6C1E-4B0A-9D5C-8E2F1A3B4C5D',
  `{${randomUUID()}}`,
  `${randomUUID()}\n`,
];

const badTypes = [
  '',
  'Account',
  'account/1',
  'Account/0',
  'Account/01',
  'Account Opened/1',
  'Account/1\n',
  '$Account/1',
  `${'A'.repeat(127)}/1`,
];

const badNames = [
  '',
  '$all',
  '$acme.account-1',
  'acme',
  'acme.account',
  'acme-account-1',
  'a.account-1',
  'ACME.account-1',
  'acme.acc0unt-1',
  'acme.account-',
  'acme.account-1\n',
  'acme.account-1 ',
  'acme.account-é',
  `acme.account-${'1'.repeat(500)}`,
];

/** Text that is no canonical JSON of strings, booleans, arrays and objects; and values that are no text at all. */
const badTexts: readonly unknown[] = [
  '',
  '1',
  'null',
  '{"a":1}',
  '{"a":null}',
  '{"a":NaN}',
  '{"a":9223372036854775808}',
  '[1e3]',
  '{ "a":"b"}',
  '{"b":"1","a":"1"}',
  '{"a":"1","a":"2"}',
  '["\\u0041"]',
  '["\ud800"]',
  '["\\ud800"]',
  '["a"',
  '{"a":true}x',
  '["\n"]',
  7,
  7n,
  NaN,
  null,
  new Date(0),
  { amount: '1.00' },
];

const awkward = canonicalJson({
  big: '9223372036854775808',
  control: '\u0000\u001f\u007f',
  emoji: '🎬',
  quote: '"\\/',
  separator: '\u2028\u2029',
  unnormalised: 'e\u0301é',
  Z: [true, false, [], {}, '', { nested: [['deep']] }],
  Ø: 'not ASCII',
});

/** Promises 27 to 34: limits and shapes. */
export const shapePromises = [
  promise(27, 'refuses an id that is not a UUID in lower case, or is nil, and gives a good one back as it was', async (trial) => {
    for (const id of badIds) await expectRefused(trial, { events: oneEvent({ id }) });
    const id = 'abcdef01-2345-6789-abcd-ef0123456789'; // Of no version: any UUID is an id.
    await trial.store.append({ stream: trial.stream, expected: 'no_stream', events: oneEvent({ id }) });
    expect(idsOf(await collect(trial.store.readStream(trial.stream)))).toEqual([id]);
  }),

  promise(28, 'refuses a type that is not Name/version, and stores the longest exactly', async (trial) => {
    for (const type of badTypes) await expectRefused(trial, { events: oneEvent({ type }) });
    const type = `${'A'.repeat(126)}/1`;
    await trial.store.append({ stream: trial.stream, expected: 'no_stream', events: oneEvent({ type }) });
    expect((await collect(trial.store.readStream(trial.stream)))[0]?.type).toBe(type);
  }),

  promise(29, 'refuses a stream name that is not <slug>.<kind>-<id>', async (trial) => {
    for (const stream of badNames) await expectRefused(trial, { stream });
    const longest = trial.streamOf('1'.repeat(512 - trial.streamOf('').length));
    await trial.store.append({ stream: longest, expected: 'no_stream', events: propose(1) });
    expect((await collect(trial.store.readStream(longest)))[0]?.stream).toBe(longest);
  }),

  promise(29, 'tells streams apart that differ in case or punctuation only', async ({ slug, store }) => {
    const names = ['account-a', 'account-A', 'account-a_', 'account-a-', 'account-a.', 'account-a:', 'accounts-a'].map(
      (name) => `${slug}.${name}`,
    );
    for (const name of names) await store.append({ stream: name, expected: 'no_stream', events: propose(1) });
    for (const name of names) expect((await collect(store.readStream(name))).map((event) => event.stream)).toEqual([name]);
  }),

  promise(30, 'takes exactly 1 MiB of data, metadata and twice the type, and refuses one byte more', async (trial) => {
    const { store, stream } = trial;
    const type = 'Padded/1';
    const overhead = canonicalJson({}).length + canonicalJson({ pad: '' }).length + 2 * type.length;
    const sized = (bytes: number) => oneEvent({ type, data: canonicalJson({ pad: 'x'.repeat(bytes - overhead) }) });
    await expectRefused(trial, { events: sized(1_048_577) });
    await expectRefused(trial, { events: [...sized(524_288), ...sized(524_289)] });
    const [event] = sized(1_048_576);
    await store.append({ stream, expected: 'no_stream', events: [event!] });
    expect((await collect(store.readStream(stream)))[0]?.data === event?.data).toBe(true);
  }),

  promise(31, 'gives data and metadata back byte for byte, whoever reads them', async (trial) => {
    await trial.store.append({ stream: trial.stream, expected: 'no_stream', events: oneEvent({ data: awkward, metadata: awkward }) });
    const watched = trial.subscribe();
    for (const reader of await trial.clients(2)) {
      expect(await collect(reader.readStream(trial.stream))).toMatchObject([{ data: awkward, metadata: awkward }]);
      expect(await trial.log({}, reader)).toMatchObject([{ data: awkward, metadata: awkward }]);
    }
    await watched.until(1);
    expect(watched.seen).toMatchObject([{ data: awkward, metadata: awkward }]);
  }),

  promise(31, 'takes every kind of value at the top', async ({ store, stream }) => {
    const texts = ['""', 'true', 'false', '[]', '{}', '"\\u0000"', '["a",{"b":false}]'] as CanonicalJson[];
    const events = texts.flatMap((data) => oneEvent({ data, metadata: data }));
    await store.append({ stream, expected: 'no_stream', events });
    const stored = await collect(store.readStream(stream));
    expect(stored.map(({ data }) => data)).toEqual(texts);
    expect(stored.map(({ metadata }) => metadata)).toEqual(texts);
  }),

  promise(32, 'refuses whatever is not canonical JSON before any I/O', async (trial) => {
    for (const text of badTexts) {
      await expectRefused(trial, { events: oneEvent({ data: text as CanonicalJson }) });
      await expectRefused(trial, { events: oneEvent({ metadata: text as CanonicalJson }) });
    }
    await expectRefused(trial, { events: oneEvent({ data: undefined as unknown as CanonicalJson }) });
  }),

  promise(33, 'gives absent metadata back absent, and empty metadata back empty', async ({ store, stream }) => {
    const [bare] = propose(1);
    const { metadata: _, ...without } = bare!;
    await store.append({ stream, expected: 'no_stream', events: [without, ...propose(1)] });
    expect((await collect(store.readStream(stream))).map(({ metadata }) => metadata)).toEqual([undefined, '{}']);
  }),

  promise(34, 'reads 10,000 events of one stream back equal, in both directions', async ({ store, stream }) => {
    const events = propose(10_000, {});
    for (let first = 0; first < events.length; first += 1000) {
      const expected = first === 0 ? 'no_stream' : BigInt(first - 1);
      await store.append({ stream, expected, events: events.slice(first, first + 1000) });
    }
    const forwards = await collect(store.readStream(stream));
    expect(idsOf(forwards)).toEqual(idsOf(events));
    expect(revisionsOf(forwards)).toEqual(revisionsUpTo(10_000));
    expect(idsOf(await collect(store.readStream(stream, { direction: 'backwards' })))).toEqual(idsOf(events).toReversed());
  }),

  promise(34, 'reads as many small events of one append back as 1 MiB holds', async (trial) => {
    const { store, stream } = trial;
    const [event] = propose(1, {});
    const count = Math.floor(1_048_576 / (2 * event!.type.length + event!.data.length + event!.metadata!.length));
    const events = propose(count + 1, {});
    await expectRefused(trial, { events });
    const answer = await appendUntilKnown(store, { stream, expected: 'no_stream', events: events.slice(0, count) });
    expect(answer).toMatchObject({ revision: BigInt(count) - 1n });
    expect(idsOf(await collect(store.readStream(stream)))).toEqual(idsOf(events.slice(0, count)));
  }),
];
