import {
  binaryEvent,
  DeadlineExceededError,
  jsonEvent,
  WrongExpectedVersionError,
  type AppendExpectedRevision,
  type EventData,
  type EventStoreDBClient,
} from '@eventstore/db-client';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { credentials } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { empty, shared, streams, streamsService } from '../../eventstoredb-double/generated.ts';
import { collect, event, events, failureOf, freshStream, plain, useDouble } from './double-fixture.ts';

const fixture = useDouble();

const paths = [
  ['batch', {}],
  ['plain', plain],
] as const;

async function idsOf(client: EventStoreDBClient, stream: string): Promise<(string | undefined)[]> {
  return (await collect(client.readStream(stream))).map(({ event: read }) => read?.id);
}

describe.each(paths)('a %s append', (_path, options) => {
  let client: EventStoreDBClient;
  let stream: string;
  beforeEach(() => {
    client = fixture.client();
    stream = freshStream();
  });
  const append = (written: EventData | EventData[], expectedRevision: AppendExpectedRevision) =>
    client.appendToStream(stream, written, { ...options, expectedRevision });

  it('answers revision and position of its last event; every event has a position of its own, commit and prepare alike', async () => {
    const answer = await append(events(3), 'no_stream');
    expect(answer).toMatchObject({ success: true, nextExpectedRevision: 2n });
    const read = (await collect(client.readStream(stream))).map(({ event: found }) => found);
    expect(read.map((found) => found?.revision)).toEqual([0n, 1n, 2n]);
    expect(read.at(-1)?.position).toEqual(answer.position);
    expect(new Set(read.map((found) => found?.position?.commit)).size).toBe(3);
    for (const found of read) expect(found?.position?.commit).toBe(found?.position?.prepare);
  });

  it('answers a repeat with the first revision and position, also after later events and a restart', async () => {
    const [first, second] = [events(3), events(2)];
    const answers = [await append(first, 'no_stream'), await append(second, 2n)];
    for (let index = 0; index < 20; index++) await append(events(100), 4n + BigInt(100 * index));
    expect([await append(first, 'no_stream'), await append(second, 2n)]).toEqual(answers);
    await fixture.restart();
    client = fixture.client();
    expect([await append(first, 'no_stream'), await append(second, 2n)]).toEqual(answers);
    expect(await idsOf(client, stream)).toHaveLength(2005);
  });

  it('answers a shorter repeat with the revision of its own last event', async () => {
    const written = events(3);
    await append(written, 'no_stream');
    const [first] = await collect(client.readStream(stream));
    expect(await append(written.slice(0, 1), 'no_stream')).toEqual({
      success: true,
      nextExpectedRevision: 0n,
      position: first?.event?.position,
    });
  });

  it.each([
    ['from the middle', ([, b]: EventData[]) => [b]],
    ['longer', (all: EventData[]) => [...all, event()]],
    ['reordered', ([a, b, c]: EventData[]) => [a, c, b]],
    ['with a gap', ([a, , c]: EventData[]) => [a, c]],
    ['of other ids', () => events(3)],
  ])('refuses a repeat %s, and writes nothing', async (_how, repeat) => {
    const written = events(3);
    await append(written, 'no_stream');
    const conflict = await failureOf(append(repeat(written) as EventData[], 'no_stream'));
    expect(conflict).toBeInstanceOf(WrongExpectedVersionError);
    expect(conflict).toMatchObject({ actualVersion: 2n });
    expect(await idsOf(client, stream)).toEqual(written.map(({ id }) => id));
  });

  it('compares only ids: another payload succeeds, and the first stays', async () => {
    const id = randomUUID();
    await append(event({ text: 'first' }, id), 'no_stream');
    await append(event({ text: 'second' }, id), 'no_stream');
    const [read] = await collect(client.readStream(stream));
    expect(read?.event?.data).toEqual({ text: 'first' });
  });

  it('writes old ids again at the current revision, and equal ids in one append both', async () => {
    const once = event();
    await append(once, 'no_stream');
    expect(await append(once, 0n)).toMatchObject({ nextExpectedRevision: 1n });
    await append([once, once], 1n);
    expect(await idsOf(client, stream)).toEqual([once.id, once.id, once.id, once.id]);
  });

  it('answers a repeat of events that are hidden since, without a position', async () => {
    const written = events(2);
    await append(written, 'no_stream');
    await client.setStreamMetadata(stream, { truncateBefore: 2 });
    expect(await append(written, 'no_stream')).toEqual({ success: true, nextExpectedRevision: 1n, position: undefined });
  });

  it('continues the revisions of a softly deleted stream, and shows only what is new', async () => {
    await append(events(4), 'no_stream');
    await client.deleteStream(stream);
    expect(await failureOf(append(event(), 'stream_exists'))).toMatchObject({ type: 'stream-deleted' });
    expect(await append(event(), 'no_stream')).toMatchObject({ nextExpectedRevision: 4n });
    expect((await collect(client.readStream(stream))).map(({ event: read }) => read?.revision)).toEqual([4n]);
    const all = await collect(client.readAll());
    expect(all.filter(({ event: read }) => read?.streamId === stream)).toHaveLength(5);
  });

  it('accepts `stream_exists` on a stream that has only metadata', async () => {
    expect(await failureOf(append(event(), 'stream_exists'))).toBeInstanceOf(WrongExpectedVersionError);
    await client.setStreamMetadata(stream, { owner: 'nobody' });
    expect(await append(event(), 'stream_exists')).toMatchObject({ nextExpectedRevision: 0n });
  });

  it.each(['any', 'stream_exists'] as const)('remembers ids under `%s` until a restart, and then writes them twice', async (expected) => {
    await append(event(), 'no_stream');
    const written = events(2);
    const answer = await append(written, expected);
    expect(await append(written, expected)).toEqual(answer);
    await fixture.restart();
    client = fixture.client();
    expect(await append(written, expected)).toMatchObject({ nextExpectedRevision: 4n });
  });

  it('keeps data, metadata and content as they came', async () => {
    const bytes = Uint8Array.from([0, 1, 254, 255]);
    await append([jsonEvent({ type: 'Noted/1', data: { z: '\u0000 😀', a: ['1'] }, metadata: { at: 'noon' } }), event()], 'no_stream');
    await append(binaryEvent({ type: 'Noted/1', data: bytes, metadata: bytes }), 1n);
    const [json, bare, binary] = await collect(client.readStream(stream));
    expect(JSON.stringify(json?.event?.data)).toBe('{"z":"\\u0000 😀","a":["1"]}');
    expect(json?.event).toMatchObject({ isJson: true, metadata: { at: 'noon' } });
    expect(bare?.event?.metadata).toBeUndefined();
    expect(binary?.event?.isJson).toBe(false);
    expect(Buffer.from(binary?.event?.data as Uint8Array)).toEqual(Buffer.from(bytes));
    expect(Buffer.from(binary?.event?.metadata as Uint8Array)).toEqual(Buffer.from(bytes));
  });

  it('gives events the time of the server, which a repeat does not change', async () => {
    const written = event();
    fixture.double.setClockSkew(-3_600_000);
    await append(written, 'no_stream');
    fixture.double.setClockSkew(0);
    await append(written, 'no_stream');
    const [read] = await collect(client.readStream(stream));
    expect(Math.abs(Number(read?.event?.created) + 3_600_000 - Date.now())).toBeLessThan(600_000);
  });
});

describe('batch appends in particular', () => {
  it('keep the order of their calls, a thousand at once', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
    const calls = Array.from({ length: 1000 }, (_, index) => client.appendToStream(stream, event(), { expectedRevision: BigInt(index) }));
    expect((await Promise.all(calls)).map(({ nextExpectedRevision }) => nextExpectedRevision)).toEqual(
      calls.map((_, index) => BigInt(index + 1)),
    );
  });

  it('let one of eight racers win, fifty times', async () => {
    const clients = [fixture.client(), fixture.client()];
    for (let round = 0; round < 50; round++) {
      const stream = freshStream();
      const racers = Array.from({ length: 8 }, (_, racer) =>
        (clients[racer % 2] as EventStoreDBClient).appendToStream(stream, event(), { expectedRevision: 'no_stream' }),
      );
      const outcomes = await Promise.allSettled(racers);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  it('take 10,000 small events at once, in messages of 3 MiB', async () => {
    const client = fixture.client();
    const stream = freshStream();
    const many = events(10_000);
    const answer = await client.appendToStream(stream, many, { expectedRevision: 'no_stream', batchAppendSize: 100_000 });
    expect(answer.nextExpectedRevision).toBe(9999n);
    expect(await idsOf(client, stream)).toEqual(many.map(({ id }) => id));
  });

  it('forget an id under `any` once 50,000 others came after it', async () => {
    const client = fixture.client();
    const stream = freshStream();
    const early = event();
    await client.appendToStream(stream, early);
    for (let index = 0; index < 4; index++) await client.appendToStream(freshStream(), events(10_000));
    expect(await client.appendToStream(stream, early)).toMatchObject({ nextExpectedRevision: 0n });
    await client.appendToStream(freshStream(), events(10_000));
    expect(await client.appendToStream(stream, early)).toMatchObject({ nextExpectedRevision: 1n });
  });

  it('are never answered for reversed ids under `any`', async () => {
    const client = fixture.client();
    const stream = freshStream();
    const [a, b] = events(2) as [EventData, EventData];
    await client.appendToStream(stream, [a, b]);
    const reversed = client.appendToStream(stream, [b, a]).catch(() => 'settled');
    expect(await Promise.race([reversed, pause(300, 'silence')])).toBe('silence');
  });

  it('time out when not all of their messages arrive within two seconds, and nothing is written', async () => {
    const stream = freshStream();
    const raw = new streamsService.StreamsClient(`127.0.0.1:${fixture.double.port}`, credentials.createInsecure());
    const call = raw.batchAppend();
    const answered = new Promise<streams.BatchAppendResp>((resolve) => call.on('data', resolve));
    call.on('error', () => undefined);
    const began = performance.now();
    call.write(firstMessage(stream));
    const details = (await answered).getError()?.getDetails();
    expect(details?.getTypeName()).toBe('event_store.client.Timeout');
    expect(performance.now() - began).toBeGreaterThan(1900);
    call.cancel();
    raw.close();
    expect(fixture.double.log.stream(stream)).toBeUndefined();
  });

  it('are not written past their deadline; plain ones are', async () => {
    const client = fixture.client();
    const [batch, single] = [freshStream(), freshStream()];
    await client.appendToStream(freshStream(), event());
    const late = await failureOf(client.appendToStream(batch, event(), { deadline: 1000 - 1001, expectedRevision: 'no_stream' }));
    expect(late).toBeInstanceOf(DeadlineExceededError);
    fixture.double.appendFaults.next({ fault: 'delay_write', ms: 400 });
    const cut = await failureOf(client.appendToStream(single, event(), { ...plain, deadline: 200, expectedRevision: 'no_stream' }));
    expect(cut).toBeInstanceOf(DeadlineExceededError);
    expect(cut.code).toBe(4);
    await pause(400);
    expect(fixture.double.log.stream(batch)).toBeUndefined();
    expect(await idsOf(client, single)).toHaveLength(1);
  });
});

/** The first of several messages: it promises more, which never come. */
function firstMessage(stream: string): streams.BatchAppendReq {
  const id = new shared.UUID();
  id.setString(randomUUID());
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(identifier);
  options.setNoStream(new empty.Empty());
  const request = new streams.BatchAppendReq();
  request.setCorrelationId(id);
  request.setOptions(options);
  return request;
}
