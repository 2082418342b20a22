import { EventStoreDBClient, StreamNotFoundError, streamNameFilter } from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { collect, event, events, failureOf, freshStream, useDouble } from './double-fixture.ts';

const fixture = useDouble();
const within = (ms: number, promise: Promise<unknown>) => Promise.race([promise.catch((error: unknown) => error), pause(ms, 'pending')]);

/** What a process of its own saw of a defect that no promise carries. */
async function seenByProcess(defect: string): Promise<string[]> {
  const script = join(import.meta.dirname, 'client-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, defect], { env: { ...process.env, NODE_OPTIONS: '' } });
  return stdout.trim().split('\n');
}

/*
 * Each test shows a defect of the pinned client that the adapter has to live with. One that fails says that the client was mended, and
 * that a fence can go.
 */
describe('defects of @eventstore/db-client 6.2.1', () => {
  it('D1: a fault on one client rejects an append of another that landed, whose late answer then throws where nobody listens', async () => {
    expect(await seenByProcess('shared_map')).toEqual(['rejected rejected', 'written 1', 'unhandled TypeError']);
  });

  it('D1: so does an answer that comes twice', async () => {
    expect(await seenByProcess('duplicate_reply')).toEqual(['resolved', 'unhandled TypeError']);
  });

  it('D2: a bigint in the data never settles the append, and rejects where nobody listens', async () => {
    expect((await seenByProcess('bigint')).sort()).toEqual(['pending', 'unhandled TypeError']);
  });

  it('D3: a batch append has no deadline of its own against a silent server', async () => {
    const client = fixture.client();
    await client.appendToStream(freshStream(), event());
    fixture.double.freeze();
    const append = client.appendToStream(freshStream(), event(), { deadline: 100 });
    expect(await within(600, append)).toBe('pending');
    fixture.double.thaw();
    await append.catch(() => undefined); // The server now finds the deadline passed.
  });

  it('D4: a batch stream that the server ends with OK hangs this append and all later ones', async () => {
    const client = EventStoreDBClient.connectionString(fixture.double.connectionString);
    await client.appendToStream(freshStream(), event());
    fixture.double.appendFaults.next({ fault: 'half_close', written: true });
    expect(await within(300, client.appendToStream(freshStream(), event()))).toBe('pending');
    expect(await within(300, client.appendToStream(freshStream(), event()))).toBe('pending');
    expect(await fixture.client().appendToStream(freshStream(), event())).toMatchObject({ success: true });
    expect(await within(300, client.dispose())).toBe('pending');
  });

  it('D5: checkpoints and caughtUp run ahead of the events that the consumer has handled', async () => {
    const client = fixture.client();
    await client.appendToStream('wanted', events(10));
    await client.appendToStream('other', events(60));
    const order: string[] = [];
    const checkpointReached = async () => {
      order.push('checkpoint');
    };
    const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['wanted'], checkpointReached }) });
    subscription.once('caughtUp', () => order.push('caughtUp'));
    let handled = 0;
    for await (const { event: read } of subscription) {
      await pause(20);
      order.push(String(read?.revision));
      if (++handled === 10) break;
    }
    await subscription.unsubscribe();
    expect(order.indexOf('checkpoint')).toBeLessThan(order.indexOf('9'));
    expect(order.indexOf('caughtUp')).toBeLessThan(order.indexOf('9'));
  });

  it('D6: a checkpoint callback that rejects silences the subscription: no error, no end, nothing more', async () => {
    expect(await seenByProcess('checkpoint_rejects')).toEqual(['unhandled RangeError', 'seen 0']);
  });

  it('D7: with throwOnAppendFailure=false a conflict answers revision 1, whatever the revision', async () => {
    const client = fixture.client('&throwOnAppendFailure=false');
    const stream = freshStream();
    await client.appendToStream(stream, events(5), { expectedRevision: 'no_stream' });
    const answer = await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
    expect(answer).toEqual({ success: false, nextExpectedRevision: 1n, position: undefined });
  });

  it('D8: what the server says by words alone arrives as unknown, to be told apart by its message', async () => {
    const client = fixture.client();
    for (const fault of ['not_ready', 'busy'] as const) {
      fixture.double.appendFaults.next({ fault });
      const failure = await failureOf(client.appendToStream(freshStream(), event()));
      expect(failure).toMatchObject({ type: 'unknown', code: undefined });
      expect(failure.message).toMatch(/^Could not recognize Server Is (Not Ready|Busy)$/);
    }
  });

  it('D9: a client whose clock is behind by its deadline has every append timed out; an hour ahead changes nothing', async () => {
    const client = fixture.client();
    const stream = freshStream();
    fixture.double.setClockSkew(10_500);
    expect(await failureOf(client.appendToStream(stream, event()))).toMatchObject({ type: 'deadline-exceeded' });
    fixture.double.setClockSkew(-3_600_000);
    expect(await client.appendToStream(stream, event())).toMatchObject({ success: true });
  });

  it('D10: the revision of stream metadata is a position, and large integers in it lose digits', async () => {
    const client = fixture.client();
    const stream = freshStream();
    await client.appendToStream(stream, event());
    const { position } = await client.setStreamMetadata(stream, { truncateBefore: 1 });
    expect(await client.getStreamMetadata(stream)).toMatchObject({ metastreamRevision: position?.commit });
    await client.deleteStream(stream);
    const { metadata } = await client.getStreamMetadata(stream);
    expect(metadata?.truncateBefore).toBe(9223372036854776000);
  });

  it('D11: an append of nothing to a new stream answers revision 0, and there is no stream', async () => {
    const client = fixture.client();
    const stream = freshStream();
    expect(await client.appendToStream(stream, [], { expectedRevision: 'no_stream' })).toMatchObject({ nextExpectedRevision: 0n });
    expect(await failureOf(collect(client.readStream(stream)))).toBeInstanceOf(StreamNotFoundError);
    expect(await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' })).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('D12: a failed first look-up of features poisons every batch append of the client, for ever', async () => {
    const client = fixture.client();
    fixture.double.featureFaults.next({ fault: 'unknown' });
    for (let time = 0; time < 3; time++) {
      const poisoned = await failureOf(client.appendToStream(freshStream(), event()));
      expect(poisoned).toMatchObject({ code: 2 });
      expect(poisoned.type).toBeUndefined();
    }
    expect(fixture.double.featureFaults.hits).toBe(1);
    expect(await fixture.client().appendToStream(freshStream(), event())).toMatchObject({ success: true });
  });

  it('D13: a read that is left early keeps its call open, unless it is cancelled', async () => {
    const client = EventStoreDBClient.connectionString(fixture.double.connectionString); // Its `dispose` may never return.
    const stream = freshStream();
    await client.appendToStream(stream, events(5));
    const leave = async (cancel: boolean) => {
      for (let time = 0; time < 20; time++) {
        const read = client.readStream(stream);
        for await (const { event: first } of read) {
          expect(first?.revision).toBe(0n);
          if (cancel) await read.cancel();
          break;
        }
      }
      await pause(50);
      return (client as unknown as { disposableStreams: Set<unknown> }).disposableStreams.size - 1; // One is the batch stream.
    };
    expect(await leave(true)).toBe(0);
    expect(await leave(false)).toBe(20);
  });
});
