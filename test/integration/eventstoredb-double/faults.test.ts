import { EventStoreDBClient, NotLeaderError, TimeoutError, UnavailableError, UnknownError, type AppendResult } from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { EventStoreDBDouble } from '../../eventstoredb-double/eventstoredb-double.ts';
import type { AppendFault } from '../../eventstoredb-double/faults.ts';
import { collect, event, events, failureOf, follow, freshStream, plain, useDouble } from './double-fixture.ts';

const fixture = useDouble();

const silence = Symbol('silence');
const within = (ms: number, promise: Promise<unknown>) => Promise.race([promise.catch((error: unknown) => error), pause(ms, silence)]);

describe('faults of appends', () => {
  it.each<[string, AppendFault, number]>([
    ['a lost reply', { fault: 'drop_reply', written: true }, 1],
    ['a lost request', { fault: 'drop_reply', written: false }, 0],
    ['a half-closed batch stream', { fault: 'half_close', written: true }, 1],
    ['a batch stream half-closed before', { fault: 'half_close', written: false }, 0],
  ])('%s leaves the append without an answer, and another client learns the outcome', async (_what, fault, written) => {
    const client = EventStoreDBClient.connectionString(fixture.double.connectionString); // Its `dispose` may never return: defect D4.
    const stream = freshStream();
    const noted = event();
    fixture.double.appendFaults.next(fault);
    expect(await within(300, client.appendToStream(stream, noted, { expectedRevision: 'no_stream' }))).toBe(silence);
    expect(fixture.double.log.stream(stream)?.records.length ?? 0).toBe(written);
    const other = fixture.client();
    expect(await other.appendToStream(stream, noted, { expectedRevision: 'no_stream' })).toMatchObject({ nextExpectedRevision: 0n });
    expect(fixture.double.log.stream(stream)?.records).toHaveLength(1);
  });

  it.each<[string, AppendFault, object]>([
    ['reset', { fault: 'reset', written: true }, { code: 13 }],
    ['disconnect', { fault: 'disconnect', written: true }, { type: 'unavailable', code: 14 }],
    ['timeout', { fault: 'timeout', written: true }, { type: 'deadline-exceeded', code: undefined }],
    ['unknown', { fault: 'unknown', written: true }, { type: 'unknown' }],
    ['access denied', { fault: 'access_denied' }, { type: 'access-denied' }],
    ['not ready', { fault: 'not_ready' }, { type: 'unknown', message: 'Could not recognize Server Is Not Ready' }],
    ['busy', { fault: 'busy' }, { type: 'unknown', message: 'Could not recognize Server Is Busy' }],
    ['no leader', { fault: 'not_leader', leader: undefined }, { type: 'unknown', code: 2 }],
  ])('%s fails the batch append, and a repeat succeeds once', async (_what, fault, expected) => {
    const client = fixture.client();
    const stream = freshStream();
    const noted = event();
    await client.appendToStream(freshStream(), event());
    fixture.double.appendFaults.next(fault);
    expect(await failureOf(client.appendToStream(stream, noted, { expectedRevision: 'no_stream' }))).toMatchObject(expected);
    expect(await repeated(() => client.appendToStream(stream, noted, { expectedRevision: 'no_stream' }))).toMatchObject({
      nextExpectedRevision: 0n,
    });
    expect(fixture.double.log.stream(stream)?.records).toHaveLength(1);
  });

  it.each<[string, AppendFault, object]>([
    ['half close', { fault: 'half_close', written: false }, { code: 2 }],
    ['timeout', { fault: 'timeout', written: true }, { type: 'timeout', code: 10 }],
    ['busy', { fault: 'busy' }, { type: 'unavailable', code: 14, message: '14 UNAVAILABLE: Server Is Too Busy' }],
    ['access denied', { fault: 'access_denied' }, { type: 'access-denied', code: 7 }],
  ])('%s fails the plain append', async (_what, fault, expected) => {
    fixture.double.appendFaults.next(fault);
    expect(await failureOf(fixture.client().appendToStream(freshStream(), event(), plain))).toMatchObject(expected);
  });

  it('a delayed reply is overtaken, a delayed write is not seen before its time', async () => {
    const client = fixture.client();
    await client.appendToStream(freshStream(), event());
    const order: string[] = [];
    const note = (name: string, append: Promise<AppendResult>) => append.then(() => order.push(name));
    fixture.double.appendFaults.next({ fault: 'delay_reply', ms: 150 });
    const late = note('late', client.appendToStream(freshStream(), event()));
    await Promise.all([late, note('early', client.appendToStream(freshStream(), event()))]);
    expect(order).toEqual(['early', 'late']);
    const stream = freshStream();
    fixture.double.appendFaults.next({ fault: 'delay_write', ms: 150 });
    const stalled = client.appendToStream(stream, event());
    await client.appendToStream(freshStream(), event());
    expect(fixture.double.log.stream(stream)).toBeUndefined();
    await stalled;
    expect(fixture.double.log.stream(stream)?.records).toHaveLength(1);
  });

  it('GOAWAY lets open calls finish and moves new ones to another connection', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
    fixture.double.appendFaults.next({ fault: 'go_away', written: true });
    const written = failureOf(client.appendToStream(stream, event(), { expectedRevision: 0n }));
    expect(await collect(fixture.client().readStream(stream))).toHaveLength(2);
    expect(await written).toMatchObject({ type: 'cancelled', code: 1 }); // When the second of grace was over.
    expect(await client.appendToStream(stream, event(), { expectedRevision: 1n })).toMatchObject({ nextExpectedRevision: 2n });
  });

  it('a node that does not lead names the leader, and the next append of the client goes there', async () => {
    const leader = await EventStoreDBDouble.start();
    const client = fixture.client();
    fixture.double.appendFaults.rule(() => ({ fault: 'not_leader', leader: { host: '127.0.0.1', port: leader.port } }));
    const stream = freshStream();
    for (const options of [{}, plain]) {
      const refused = await failureOf(fixture.client().appendToStream(stream, event(), options));
      expect(refused).toBeInstanceOf(NotLeaderError);
      expect(refused).toMatchObject({ code: 5, leader: { address: '127.0.0.1', port: leader.port } });
    }
    await failureOf(client.appendToStream(stream, event()));
    await client.appendToStream(stream, event());
    expect(leader.log.stream(stream)?.records).toHaveLength(1);
    await client.dispose();
    await leader.stop();
  });

  it('a rule is asked for every append, and counts its hits', async () => {
    const client = fixture.client();
    const [cursed, spared] = [freshStream(), freshStream()];
    fixture.double.appendFaults.rule((stream) => (stream === cursed ? { fault: 'unknown', written: false } : undefined));
    expect(await failureOf(client.appendToStream(cursed, event()))).toBeInstanceOf(UnknownError);
    await client.appendToStream(spared, event());
    expect(fixture.double.appendFaults.hits).toBe(1);
    fixture.double.appendFaults.clear();
    await client.appendToStream(cursed, event());
  });
});

describe('faults of the server', () => {
  it('frozen, it answers nothing; thawed, it goes on with all that came, in order', async () => {
    const client = fixture.client();
    const stream = freshStream();
    const followed = follow(fixture.client().subscribeToAll());
    await followed.received(0);
    await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
    await followed.received(1);
    fixture.double.freeze();
    const appends = [0n, 1n, 2n].map((expectedRevision) => client.appendToStream(stream, event(), { expectedRevision }));
    const read = collect(fixture.client().readStream(stream));
    expect(await within(300, Promise.any([...appends, read]))).toBe(silence);
    fixture.double.thaw();
    expect((await Promise.all(appends)).map(({ nextExpectedRevision }) => nextExpectedRevision)).toEqual([1n, 2n, 3n]);
    await read;
    await followed.received(4);
    expect(followed.revisions).toEqual([0n, 1n, 2n, 3n]);
  });

  it('restored to an older copy, it is the same store with fewer events', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, events(2), { expectedRevision: 'no_stream' });
    const copy = fixture.double.backup();
    const later = await client.appendToStream(stream, events(2), { expectedRevision: 1n });
    await fixture.double.restore(copy);
    const reader = fixture.client();
    const all = await repeated(() => collect(reader.readAll()));
    expect(all.map(({ event: read }) => read?.id)).toEqual(copy.map(({ id }) => id));
    const ahead = follow(reader.subscribeToAll({ fromPosition: later.position ?? 'end' }));
    await ahead.received(0);
    expect(ahead.signals).toEqual(['confirmation', 'caughtUp']);
  });

  it.each([
    ['not ready', { fault: 'not_ready' } as const, UnavailableError, 14],
    ['busy', { fault: 'busy' } as const, UnavailableError, 14],
    ['timeout', { fault: 'timeout' } as const, TimeoutError, 10],
    ['disconnect', { fault: 'disconnect', afterEvents: 2 } as const, UnavailableError, 14],
    ['reset', { fault: 'reset', afterEvents: 2 } as const, UnknownError, 13],
  ])('a read meets %s', async (_what, fault, type, code) => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, events(5));
    fixture.double.readFaults.next(fault, 2);
    const reader = fixture.client();
    const failed = await failureOf(collect(reader.readStream(stream)));
    expect(failed).toBeInstanceOf(type);
    expect(failed.code).toBe(code);
    expect((await follow(reader.subscribeToAll()).failed).code).toBe(code);
    expect(await repeated(() => collect(reader.readStream(stream)))).toHaveLength(5);
  });

  it('a read stalls in the middle', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, events(5));
    fixture.double.readFaults.next({ fault: 'stall', afterEvents: 2 });
    const seen: unknown[] = [];
    const read = client.readStream(stream);
    read.on('data', (found) => seen.push(found));
    expect(await within(200, new Promise((resolve) => read.once('end', resolve)))).toBe(silence);
    expect(seen).toHaveLength(2);
    await read.cancel();
  });

  it('gossip names the leader, and a client of several nodes finds it', async () => {
    const leader = await EventStoreDBDouble.start();
    const members = [
      { host: '127.0.0.1', port: fixture.double.port, state: 'follower', isAlive: true },
      { host: '127.0.0.1', port: leader.port, state: 'leader', isAlive: true },
    ] as const;
    fixture.double.setMembers(members);
    leader.setMembers(members);
    const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${fixture.double.port},127.0.0.1:${leader.port}?tls=false`);
    const stream = freshStream();
    await client.appendToStream(stream, event());
    expect(leader.log.stream(stream)?.records).toHaveLength(1);
    expect(fixture.double.log.stream(stream)).toBeUndefined();
    await client.dispose();
    await leader.stop();
  });
});

/** Repeats for as long as the outcome is unknown, as every writer has to. */
async function repeated<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt === 50) throw error;
      await pause(10);
    }
  }
}
