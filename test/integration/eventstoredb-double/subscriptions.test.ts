import {
  END,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  START,
  streamNameFilter,
  type AllStreamSubscription,
  type Position,
} from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { collect, event, events, failureOf, follow, freshStream, useDouble } from './double-fixture.ts';

const fixture = useDouble({ stride: () => 1n + BigInt(Math.floor(Math.random() * 1000)) });

/** Follows the log and notes each checkpoint among the signals. */
function followFiltered(options: { checkpointInterval?: number; maxSearchWindow?: number; prefix?: string; from?: Position }) {
  const { prefix = 'nobody.', from, ...window } = options;
  const checkpoints: bigint[] = [];
  const checkpointReached = async (_: unknown, { commit }: Position) => {
    checkpoints.push(commit);
  };
  const filter = streamNameFilter({ prefixes: [prefix], checkpointReached, ...window });
  return { checkpoints, followed: follow(fixture.client().subscribeToAll({ filter, ...(from && { fromPosition: from }) })) };
}

describe('subscriptions as a real server serves them', () => {
  it('confirm, catch up, say so, and go on live', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, events(3));
    const followed = follow(fixture.client().subscribeToAll());
    await followed.received(3);
    await client.appendToStream(stream, events(2));
    await followed.received(5);
    expect(followed.signals).toEqual(['confirmation', '0', '1', '2', 'caughtUp', '3', '4']);
  });

  it('begin behind the position or revision that they name, or at the end', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, events(4));
    const [, second] = await collect(client.readStream(stream));
    const fromPosition = second?.event?.position as Position;
    const behind = follow(client.subscribeToAll({ fromPosition }));
    const ofStream = follow(client.subscribeToStream(stream, { fromRevision: 1n }) as unknown as AllStreamSubscription);
    const fromEnd = follow(client.subscribeToAll({ fromPosition: END }));
    for (const followed of [behind, ofStream]) {
      await followed.received(2);
      expect(followed.revisions).toEqual([2n, 3n]);
    }
    await fromEnd.received(0);
    await client.appendToStream(stream, event());
    await client.appendToStream(freshStream(), event());
    await fromEnd.received(2);
    expect(fromEnd.revisions).toEqual([4n, 0n]);
    expect(ofStream.revisions).toEqual([2n, 3n, 4n]);
  });

  it.each([
    ['stream prefixes', streamNameFilter({ prefixes: ['acme.account-f', 'other.'] }), ['acme.account-f1', 'other.account-1']],
    ['a stream regex', streamNameFilter({ regex: 'account-[12]$' }), ['acme.account-2', 'other.account-1']],
    ['type prefixes', eventTypeFilter({ prefixes: ['Paid/'] }), ['acme.account-2']],
    ['a type regex', excludeSystemEvents(), ['acme.account-f1', 'Acme.account-f', 'acme.account-2', 'other.account-1']],
  ])('filter by %s, case-sensitive, in catch-up and live', async (_how, filter, expected) => {
    const client = fixture.client();
    const write = async () => {
      await client.appendToStream('acme.account-f1', event());
      await client.appendToStream('Acme.account-f', event());
      await client.appendToStream('acme.account-2', jsonEvent({ type: 'Paid/1', data: {} }));
      await client.appendToStream('other.account-1', event());
      fixture.double.makeNoise();
    };
    await write();
    const seen: string[] = [];
    const subscription = client.subscribeToAll({ filter });
    subscription.on('data', ({ event: read }) => seen.push(read?.streamId ?? ''));
    const followed = follow(subscription);
    await followed.received(expected.length);
    await write();
    await followed.received(2 * expected.length);
    expect(seen.filter((name) => !name.startsWith('noise-'))).toEqual([...expected, ...expected]);
  });

  it('show what the server writes by itself to those who do not filter it', async () => {
    const types: string[] = [];
    const subscription = fixture.client().subscribeToAll();
    subscription.on('data', ({ event: read }) => types.push(read?.type ?? ''));
    await follow(subscription).received(0);
    fixture.double.makeNoise();
    await fixture.client().appendToStream(freshStream(), event());
    while (!types.includes('Noted/1')) await pause(5);
    expect(types).toEqual(['$metadata', '$statsCollected', '$metadata', '$>', '$streamDeleted', '$scavengeStarted', 'Noted/1']);
  });
});

describe('checkpoints', () => {
  it('come every 32 events of a filter that matches nothing, and every window times interval where these are set', async () => {
    const client = fixture.client();
    for (let index = 0; index < 10; index++) await client.appendToStream(freshStream(), events(32)); // 321 with the server's own.
    const byDefault = followFiltered({});
    const windowed = followFiltered({ maxSearchWindow: 10, checkpointInterval: 3 });
    await Promise.all([byDefault.followed.received(0), windowed.followed.received(0)]);
    expect(byDefault.checkpoints).toHaveLength(10);
    expect(windowed.checkpoints).toHaveLength(10);
    for (const { checkpoints } of [byDefault, windowed]) expect(checkpoints).toEqual([...checkpoints].sort((a, b) => (a < b ? -1 : 1)));
  });

  it('do not come in a log shorter than the window', async () => {
    await fixture.client().appendToStream(freshStream(), events(20));
    const { checkpoints, followed } = followFiltered({});
    await followed.received(0);
    expect(checkpoints).toEqual([]);
  });

  it('go on live where catch-up stopped to count, and cover only what was looked at', async () => {
    const client = fixture.client();
    await client.appendToStream(freshStream(), events(20)); // 21 considered.
    const { checkpoints, followed } = followFiltered({});
    await followed.received(0);
    for (let index = 0; index < 20; index++) await client.appendToStream(freshStream(), event());
    while (checkpoints.length === 0) await pause(5);
    expect(checkpoints).toEqual([fixture.double.log.records[31]?.position]);
  });

  it('are places to go on from: nothing that passes the filter lies between', async () => {
    const client = fixture.client();
    for (let index = 0; index < 5; index++) {
      await client.appendToStream(freshStream(), events(50));
      await client.appendToStream(`wanted.account-${index}`, event());
    }
    const { checkpoints, followed } = followFiltered({ prefix: 'wanted.' });
    await followed.received(5);
    expect(checkpoints.length).toBeGreaterThan(5);
    for (const commit of checkpoints) {
      const rest = followFiltered({ prefix: 'wanted.', from: { commit, prepare: commit } });
      const before = fixture.double.log.records.filter(({ stream, position }) => stream.startsWith('wanted.') && position <= commit);
      await rest.followed.received(5 - before.length);
      expect(rest.followed.revisions).toHaveLength(5 - before.length);
    }
  });
});

describe('a live reader', () => {
  it('is not dropped at one event per append with 16 writers, nor at 10 per append with one', async () => {
    const client = fixture.client();
    const followed = follow(fixture.client().subscribeToAll());
    await followed.received(0);
    const writers = Array.from({ length: 16 }, async () => {
      const stream = freshStream();
      for (let index = 0; index < 25; index++) await client.appendToStream(stream, event());
    });
    await Promise.all(writers);
    const stream = freshStream();
    for (let index = 0; index < 10; index++) await client.appendToStream(stream, events(10));
    await followed.received(500);
    expect(followed.revisions).toHaveLength(500);
  });

  it('is dropped at 100 events per append; what had come had no gap, and the next subscription goes on without loss', async () => {
    const client = fixture.client();
    const stream = freshStream();
    const seen: bigint[] = [];
    let drops = 0;
    let last: Position | undefined;
    const total = 2000n;
    const reading = (async () => {
      while (seen.at(-1) !== total - 1n) {
        const subscription = fixture.client().subscribeToAll({ fromPosition: last ?? START });
        try {
          for await (const { event: read } of subscription) {
            if (read?.streamId !== stream) continue;
            seen.push(read.revision);
            last = read.position;
            if (read.revision === total - 1n) break;
          }
        } catch (error) {
          expect(error).toMatchObject({ type: 'timeout' });
          drops++;
        }
      }
    })();
    for (let index = 0n; index < total; index += 100n) {
      await client.appendToStream(stream, events(100));
      await pause(5);
    }
    await reading;
    expect(seen).toEqual(Array.from({ length: Number(total) }, (_, index) => BigInt(index)));
    expect(drops).toBeGreaterThan(0);
  });

  it('is dropped when it does not read, once the buffers on the way are full', async () => {
    const client = fixture.client();
    const subscription = fixture.client().subscribeToAll();
    const failed = new Promise((resolve) => subscription.once('error', resolve));
    await new Promise<void>((resolve) => subscription.once('caughtUp', resolve).resume());
    subscription.pause();
    const stream = freshStream();
    for (let index = 0; index < 200; index++) await client.appendToStream(stream, event({ text: 'x'.repeat(10_000) }));
    subscription.resume();
    expect(await failed).toMatchObject({ type: 'timeout', code: 10 });
  });

  it('is not dropped in catch-up, however long it pauses', async () => {
    const client = fixture.client();
    const stream = freshStream();
    for (let index = 0; index < 20; index++)
      await client.appendToStream(
        stream,
        Array.from({ length: 100 }, () => event({ text: 'x'.repeat(500) })),
      );
    const subscription = fixture.client().subscribeToAll();
    let seen = 0;
    for await (const { event: read } of subscription) {
      if (read?.streamId !== stream) continue;
      if (++seen === 100) {
        await pause(500);
        await client.appendToStream(freshStream(), events(100)); // More than a live reader may lag.
      }
      if (seen === 2000) break;
    }
    expect(seen).toBe(2000);
    await subscription.unsubscribe();
  });

  it('is dropped at will', async () => {
    const followed = follow(fixture.client().subscribeToAll());
    await followed.received(0);
    expect(fixture.double.dropLiveReaders()).toBe(1);
    expect(await followed.failed).toMatchObject({ type: 'timeout' });
  });

  it('from far ahead is confirmed, told that it has caught up, and then hears nothing', async () => {
    const client = fixture.client();
    const { position } = await client.appendToStream(freshStream(), event());
    const commit = (position?.commit ?? 0n) + 10_000_000n;
    const followed = follow(client.subscribeToAll({ fromPosition: { commit, prepare: commit } }));
    await followed.received(0);
    const present = follow(client.subscribeToAll({ fromPosition: END }));
    await present.received(0);
    await client.appendToStream(freshStream(), event());
    await present.received(1);
    expect(followed.signals).toEqual(['confirmation', 'caughtUp']);
  });

  it('of a tombstoned stream is refused', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, event());
    await client.tombstoneStream(stream);
    const subscription = client.subscribeToStream(stream);
    expect(await failureOf(collect(subscription))).toMatchObject({ type: 'stream-deleted', code: 9 });
  });
});
