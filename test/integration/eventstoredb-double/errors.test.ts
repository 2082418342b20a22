import {
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  StreamNotFoundError,
  TimeoutError,
  UnavailableError,
  UnknownError,
  WrongExpectedVersionError,
  END,
  FORWARDS,
  jsonEvent,
} from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { collect, event, events, failureOf, follow, freshStream, plain, useDouble } from './double-fixture.ts';

const fixture = useDouble();
const mebibyte = 1_048_576;

/** A JSON event whose data has exactly so many bytes. */
function eventOfBytes(bytes: number, metadataBytes = 0) {
  const metadata = metadataBytes === 0 ? {} : { metadata: { text: 'm'.repeat(metadataBytes) } };
  return jsonEvent({ type: 'Noted/1', data: { text: 'x'.repeat(bytes - '{"text":""}'.length) }, ...metadata });
}

describe('errors as a real server sends them', () => {
  it.each([
    ['batch', {}],
    ['plain', plain],
  ])('%s: a wrong expectation has no message and no code, and names both versions', async (_path, options) => {
    const client = fixture.client();
    const stream = freshStream();
    const missing = await failureOf(client.appendToStream(stream, event(), { ...options, expectedRevision: 3n }));
    expect(missing).toBeInstanceOf(WrongExpectedVersionError);
    expect(missing).toMatchObject({ type: 'wrong-expected-version', streamName: stream, expectedVersion: 3n, actualVersion: 'no_stream' });
    await client.appendToStream(stream, events(2), { ...options, expectedRevision: 'no_stream' });
    const moved = await failureOf(client.appendToStream(stream, event(), { ...options, expectedRevision: 'no_stream' }));
    expect(moved).toMatchObject({ message: '', code: undefined, expectedVersion: 'no_stream', actualVersion: 1n });
  });

  it('batch: a tombstoned stream is deleted, without a code', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
    await client.tombstoneStream(stream);
    for (const expectedRevision of ['no_stream', 'any', 'stream_exists', 0n] as const) {
      const deleted = await failureOf(client.appendToStream(stream, event(), { expectedRevision }));
      expect(deleted).toBeInstanceOf(StreamDeletedError);
      expect(deleted).toMatchObject({ type: 'stream-deleted', code: undefined, streamName: stream });
    }
  });

  it('plain and reads: a tombstoned stream is deleted, with code 9 and trailers', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
    await client.tombstoneStream(stream);
    const failures = [
      await failureOf(client.appendToStream(stream, event(), { ...plain, expectedRevision: 0n })),
      await failureOf(collect(client.readStream(stream))),
      await failureOf(client.deleteStream(stream)),
    ];
    for (const deleted of failures) {
      expect(deleted).toBeInstanceOf(StreamDeletedError);
      expect(deleted).toMatchObject({ type: 'stream-deleted', code: 9, streamName: stream });
      expect(deleted._raw?.metadata.getMap()).toMatchObject({ exception: 'stream-deleted', 'stream-name': stream });
    }
  });

  it('reads: a missing and a softly deleted stream are not found, raised on iteration', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, events(3), { expectedRevision: 'no_stream' });
    await client.deleteStream(stream);
    for (const name of [stream, freshStream()]) {
      const missing = await failureOf(collect(client.readStream(name)));
      expect(missing).toBeInstanceOf(StreamNotFoundError);
      expect(missing).toMatchObject({ type: 'stream-not-found', streamName: name });
    }
  });

  it('1,048,576 bytes of data pass and one more does not; metadata is not counted', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, eventOfBytes(mebibyte, 100_000), { expectedRevision: 'no_stream' });
    const batch = await failureOf(client.appendToStream(stream, eventOfBytes(mebibyte + 1), { expectedRevision: 0n }));
    expect(batch).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(batch).toMatchObject({ type: 'maximum-append-size-exceeded', code: undefined, maxAppendSize: mebibyte });
    const single = await failureOf(client.appendToStream(stream, eventOfBytes(mebibyte + 1), { ...plain, expectedRevision: 0n }));
    expect(single).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(single).toMatchObject({ code: 3, maxAppendSize: mebibyte });
    const two = [eventOfBytes(mebibyte / 2), eventOfBytes(mebibyte / 2 + 1)];
    expect(await failureOf(client.appendToStream(stream, two, { expectedRevision: 0n }))).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(await collect(client.readStream(stream))).toHaveLength(1);
  });

  it('15 MiB of metadata pass; a message of 16 MiB exhausts the server, and the client goes on', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, eventOfBytes(100, 15 * mebibyte), { expectedRevision: 'no_stream' });
    const refused = await failureOf(client.appendToStream(stream, eventOfBytes(100, 16 * mebibyte), { expectedRevision: 0n }));
    expect(refused).toMatchObject({ code: 8 });
    expect(await client.appendToStream(stream, event(), { expectedRevision: 0n })).toMatchObject({ nextExpectedRevision: 1n });
  });

  it.each([
    ['an empty type', jsonEvent({ type: '', data: {} }), 'acme.account-1'],
    ['the nil id', event({}, '00000000-0000-0000-0000-000000000000'), 'acme.account-1'],
    ['an id that is none', event({}, 'not-a-uuid'), 'acme.account-1'],
    ['an empty stream name', event(), ''],
  ])('%s is a bad request, whose name the client does not know', async (_what, bad, stream) => {
    const client = fixture.client();
    const batch = await failureOf(client.appendToStream(stream, bad, { expectedRevision: 'no_stream' }));
    expect(batch).toBeInstanceOf(UnknownError);
    expect(batch).toMatchObject({ type: 'unknown', message: 'Could not recognize BadRequest' });
    const single = await failureOf(client.appendToStream(stream, bad, { ...plain, expectedRevision: 'no_stream' }));
    expect(single).toBeInstanceOf(UnknownError);
    expect(single).toMatchObject({ code: 2, message: '2 UNKNOWN: Exception was thrown by handler.' });
    expect(await client.appendToStream('acme.account-1', event())).toMatchObject({ success: true });
  });

  it('a server that starts up is not ready, and says so in two ways', async () => {
    const client = fixture.client();
    await fixture.double.restart({ notReadyMs: 300 });
    const batch = await failureOf(client.appendToStream(freshStream(), event(), { expectedRevision: 'no_stream' }));
    expect(batch).toBeInstanceOf(UnknownError);
    expect(batch.message).toBe('Could not recognize Server Is Not Ready');
    for (const failure of [
      await failureOf(client.appendToStream(freshStream(), event(), { ...plain, expectedRevision: 'no_stream' })),
      await failureOf(collect(client.readAll())),
    ]) {
      expect(failure).toBeInstanceOf(UnavailableError);
      expect(failure).toMatchObject({ code: 14, message: '14 UNAVAILABLE: Server Is Not Ready' });
    }
    await pause(350);
    expect(await client.appendToStream(freshStream(), event(), { expectedRevision: 'no_stream' })).toMatchObject({ success: true });
  });

  it('a server that is down refuses: without a type on the batch path, since the look-up of features fails first', async () => {
    const client = fixture.client();
    await fixture.double.kill();
    const batch = await failureOf(client.appendToStream(freshStream(), event()));
    expect(batch).toBeInstanceOf(Error);
    expect(batch.type).toBeUndefined();
    expect(batch.code).toBe(14);
    for (const failure of [
      await failureOf(client.appendToStream(freshStream(), event(), plain)),
      await failureOf(collect(client.readAll())),
    ]) {
      expect(failure).toBeInstanceOf(UnavailableError);
      expect(failure.message).toContain('ECONNREFUSED');
    }
  });

  it('kill -9 settles every call in flight as unavailable; a subscription fails, does not end, and does not come back', async () => {
    const client = fixture.client();
    const reader = fixture.client();
    const subscription = reader.subscribeToAll();
    const followed = follow(subscription);
    let ended = false;
    subscription.on('end', () => (ended = true));
    await followed.received(0);
    fixture.double.appendFaults.rule(() => ({ fault: 'drop_reply', written: false }));
    const batches = Array.from({ length: 10 }, () => failureOf(client.appendToStream(freshStream(), event())));
    const single = failureOf(client.appendToStream(freshStream(), event(), plain));
    await pause(100);
    await fixture.double.kill();
    for (const failure of await Promise.all([...batches, single, followed.failed])) {
      expect(failure).toBeInstanceOf(UnavailableError);
      expect(failure).toMatchObject({ code: 14, message: expect.stringContaining('ECONNRESET') });
    }
    fixture.double.appendFaults.clear();
    await fixture.double.restart();
    await client.appendToStream(freshStream(), event());
    expect(followed.revisions).toEqual([]);
    expect(ended).toBe(false);
  });

  it('SIGTERM serves the open batch stream a while more, and ends it without a status', async () => {
    const client = fixture.client();
    const reader = fixture.client(); // A refused read drops its client's channel, and with it the batch stream.
    const stream = freshStream();
    await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
    const stopped = fixture.double.terminate({ graceMs: 500 });
    await pause(50);
    expect(await client.appendToStream(stream, event(), { expectedRevision: 0n })).toMatchObject({ nextExpectedRevision: 1n });
    const reading = await failureOf(collect(reader.readStream(stream)));
    expect(reading.message).toContain('ECONNREFUSED');
    fixture.double.appendFaults.next({ fault: 'drop_reply', written: true });
    const cut = await failureOf(client.appendToStream(stream, event(), { expectedRevision: 1n }));
    expect(cut).toBeInstanceOf(UnknownError);
    expect(cut).toMatchObject({ code: 13, message: expect.stringContaining('RST_STREAM with code 0') });
    await stopped;
  });

  it('a live reader that lags is told to subscribe again', async () => {
    const client = fixture.client();
    const followed = follow(fixture.client().subscribeToAll());
    await followed.received(0);
    await client.appendToStream(freshStream(), events(100));
    const dropped = await followed.failed;
    expect(dropped).toBeInstanceOf(TimeoutError);
    expect(dropped).toMatchObject({
      type: 'timeout',
      code: 10,
      message: '10 ABORTED: Consumer too slow to handle event while live. Client resubscription required.',
    });
  });

  it('a position that is not of a record is an unknown error; from END forwards and no events at all are errors too', async () => {
    const client = fixture.client();
    const { position } = await client.appendToStream(freshStream(), events(2));
    const between = { commit: (position?.commit ?? 0n) - 1n, prepare: (position?.prepare ?? 0n) - 1n };
    for (const failure of [
      await failureOf(collect(client.readAll({ fromPosition: between }))),
      await follow(client.subscribeToAll({ fromPosition: between })).failed,
      await failureOf(collect(client.readAll({ fromPosition: END, direction: FORWARDS }))),
      await failureOf(collect(client.readAll({ maxCount: 0 }))),
    ]) {
      expect(failure).toBeInstanceOf(UnknownError);
      expect(failure.code).toBe(2);
    }
  });

  it('a deadline that has passed is a timeout of the batch path, and nothing is written', async () => {
    const client = fixture.client();
    const stream = freshStream();
    fixture.double.setClockSkew(60_000);
    const late = await failureOf(client.appendToStream(stream, event(), { expectedRevision: 'no_stream' }));
    expect(late).toBeInstanceOf(DeadlineExceededError);
    expect(late.code).toBeUndefined();
    fixture.double.setClockSkew(0);
    expect(await failureOf(collect(client.readStream(stream)))).toBeInstanceOf(StreamNotFoundError);
  });
});
