import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type CanonicalJson, canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { AppendRequest, EventStore, ProposedEvent } from '../../../services/event-store/domain/event-store.ts';
import type { Engine, OpenEngine } from './engine.ts';
import { collect, idsOf, propose } from './events.ts';

const stream = 'acme.account-1';

/** Promises 18 and 27 to 34: limits and shapes. */
export function describeShapes(engine: Engine): void {
  describe(`${engine.name}: shapes`, () => {
    let opened: OpenEngine;
    let store: EventStore;
    beforeEach(async () => {
      opened = await engine.open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    async function expectRefused(request: Partial<AppendRequest>): Promise<void> {
      const whole = { stream, expected: 'no_stream' as const, events: propose(1), ...request };
      await expect(store.append(whole)).rejects.toMatchObject({ name: 'AppendRefusedDefect' });
      expect((await store.head()).position).toBe(0n);
    }
    const oneEvent = (overrides: Partial<ProposedEvent>) => propose(1).map((event) => ({ ...event, ...overrides }));

    it('18 refuses an empty append and an id twice in one append', async () => {
      await expectRefused({ events: [] });
      const [event] = propose(1);
      await expectRefused({ events: [event!, ...propose(1), event!] });
    });

    it.each(['', 'x', '00000000-0000-0000-0000-000000000000', randomUUID().toUpperCase(), `{${randomUUID()}}`])(
      '27 refuses the event id %p',
      async (id) => {
        await expectRefused({ events: oneEvent({ id }) });
      },
    );

    it.each(['', 'Account', 'account/1', 'Account/0', 'Account/01', 'Account Opened/1', 'Account/1\n', `${'A'.repeat(127)}/1`])(
      '28 refuses the type %p',
      async (type) => {
        await expectRefused({ events: oneEvent({ type }) });
      },
    );

    it('28 stores the longest type exactly', async () => {
      const type = `${'A'.repeat(126)}/1`;
      await store.append({ stream, expected: 'no_stream', events: oneEvent({ type }) });
      expect((await collect(store.readStream(stream)))[0]?.type).toBe(type);
    });

    it.each([
      '',
      '$all',
      '$acme.account-1',
      'acme',
      'acme.account',
      'a.account-1',
      'ACME.account-1',
      'acme.acc0unt-1',
      'acme.account-',
      'acme.account-é',
      `acme.account-${'1'.repeat(500)}`,
    ])('29 refuses the stream name %p', async (name) => {
      await expectRefused({ stream: name });
    });

    it('29 tells streams apart that differ in case or punctuation only', async () => {
      const names = ['acme.account-a', 'acme.account-A', 'acme.account-a_', 'acme.account-a-', 'acme.accounts-a'];
      for (const name of names) await store.append({ stream: name, expected: 'no_stream', events: propose(1) });
      for (const name of names) expect((await collect(store.readStream(name))).map((event) => event.stream)).toEqual([name]);
    });

    it.each([-1n, 2n ** 63n, 0 as unknown as bigint, 'any' as 'no_stream'])('refuses the expectation %p', async (expected) => {
      await expectRefused({ expected });
    });

    it('30 takes exactly 1 MiB of data, metadata and twice the type, and refuses one byte more', async () => {
      const type = 'Padded/1';
      const overhead = canonicalJson({}).length + canonicalJson({ pad: '' }).length + 2 * type.length;
      const sized = (bytes: number) => oneEvent({ type, data: canonicalJson({ pad: 'x'.repeat(bytes - overhead) }) });
      await expectRefused({ events: sized(1_048_577) });
      await store.append({ stream, expected: 'no_stream', events: sized(1_048_576) });
      expect((await collect(store.readStream(stream)))[0]?.data).toHaveLength(1_048_576 - overhead + 10);
    });

    it('31 gives data and metadata back byte for byte', async () => {
      const awkward = canonicalJson({
        big: '9223372036854775808',
        control: '\u0000\u001f\u007f',
        emoji: '🎬',
        quote: '"\\/',
        separator: '\u2028',
        Z: [true, [], {}, ''],
      });
      await store.append({ stream, expected: 'no_stream', events: oneEvent({ data: awkward, metadata: awkward }) });
      const [stored] = await collect(store.readStream(stream));
      expect(stored).toMatchObject({ data: awkward, metadata: awkward });
    });

    it.each([
      '',
      '1',
      'null',
      '{"a":1}',
      '{"a":null}',
      '[1e3]',
      '{ "a":"b"}',
      '{"b":"1","a":"1"}',
      '{"a":"1","a":"2"}',
      '["\\u0041"]',
      '["\ud800"]',
      '["a"',
      '{"a":true}x',
      '["\n"]',
      undefined,
      7,
    ])('32 refuses the text %p before any I/O', async (text) => {
      await expectRefused({ events: oneEvent({ data: text as CanonicalJson }) });
      if (text !== undefined) await expectRefused({ events: oneEvent({ metadata: text as CanonicalJson }) });
    });

    it('33 gives absent metadata back absent, and empty metadata back empty', async () => {
      const [bare] = propose(1);
      const { metadata: _, ...without } = bare!;
      await store.append({ stream, expected: 'no_stream', events: [without, ...propose(1)] });
      expect((await collect(store.readStream(stream))).map(({ metadata }) => metadata)).toEqual([undefined, '{}']);
    });

    it('34 reads 10,000 events of one stream back equal, written in one append', async () => {
      const events = propose(10_000, {});
      const answer = await store.append({ stream, expected: 'no_stream', events });
      expect(answer.revision).toBe(9999n);
      expect(idsOf(await collect(store.readStream(stream)))).toEqual(idsOf(events));
      expect(idsOf(await collect(store.readStream(stream, { direction: 'backwards' })))).toEqual(idsOf(events).toReversed());
    });
  });
}
