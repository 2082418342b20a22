import { describe, expect, it } from '@jest/globals';
import {
  AppendQueue,
  type Flush,
  type PendingAppend,
  type QueueLimits,
} from '../../../services/event-store/adapters/postgres/append-queue.ts';
import { revisionOf } from '../../../services/event-store/domain/repeat.ts';
import type { Expectation } from '../../../services/event-store/domain/event-store.ts';
import { propose } from '../../contracts/event-store/events.ts';

const nothingKnown = new Map<string, bigint>();

function queue(limits: Partial<QueueLimits> = {}): AppendQueue {
  return new AppendQueue({ flushEventsMax: 100, flushBytesMax: 1000, queueBytesMax: 10_000, queueLengthMax: 50, ...limits });
}

function append(stream: string, expected: Expectation, { count = 1, bytes = 10 } = {}): PendingAppend {
  const ignore = () => undefined;
  return { request: { stream, expected, events: propose(count) }, bytes, resolve: ignore, reject: ignore };
}

/** Stream and expectations of each row. */
function shape({ rows }: Flush): unknown[] {
  return rows.map(({ stream, members }) => [stream, ...members.map(({ request }) => revisionOf(request.expected))]);
}

describe('the append queue', () => {
  it('gives each stream one row, in order of arrival', () => {
    const pending = queue();
    for (const stream of ['b', 'a', 'c']) pending.add(append(stream, 'no_stream'));
    expect(shape(pending.takeFlush(nothingKnown))).toEqual([
      ['b', -1n],
      ['a', -1n],
      ['c', -1n],
    ]);
    expect(pending.isEmpty).toBe(true);
  });

  it('chains appends of which each expects where the one before ends', () => {
    const pending = queue();
    pending.add(append('a', 4n, { count: 2 }));
    pending.add(append('a', 6n, { count: 3 }));
    pending.add(append('a', 9n));
    const flush = pending.takeFlush(nothingKnown);
    expect(shape(flush)).toEqual([['a', 4n, 6n, 9n]]);
    expect(flush.rows[0]?.predicted).toBe(10n);
  });

  it('leaves an append that does not continue the row for the next flush', () => {
    const pending = queue();
    pending.add(append('a', 4n));
    pending.add(append('a', 4n));
    pending.add(append('a', 5n));
    expect(shape(pending.takeFlush(nothingKnown))).toEqual([['a', 4n, 5n]]);
    expect(shape(pending.takeFlush(nothingKnown))).toEqual([['a', 4n]]);
  });

  it('takes out what a stream has passed already, to be answered by reading', () => {
    const pending = queue();
    pending.add(append('a', 4n));
    pending.add(append('a', 5n));
    pending.add(append('b', 'no_stream'));
    const flush = pending.takeFlush(new Map([['a', 5n]]));
    expect(flush.overtaken.map(({ request }) => request.expected)).toEqual([4n]);
    expect(shape(flush)).toEqual([
      ['a', 5n],
      ['b', -1n],
    ]);
    expect(pending.isEmpty).toBe(true);
  });

  it('ends a flush before the cap of events or of bytes is passed', () => {
    const byEvents = queue({ flushEventsMax: 5 });
    for (const stream of ['a', 'b', 'c']) byEvents.add(append(stream, 'no_stream', { count: 2 }));
    expect(byEvents.takeFlush(nothingKnown).rows).toHaveLength(2);
    expect(byEvents.takeFlush(nothingKnown).rows).toHaveLength(1);
    const byBytes = queue({ flushBytesMax: 25 });
    for (const stream of ['a', 'b', 'c']) byBytes.add(append(stream, 'no_stream'));
    expect(byBytes.takeFlush(nothingKnown).rows).toHaveLength(2);
  });

  it('sends an append above the caps alone', () => {
    const pending = queue({ flushEventsMax: 5 });
    pending.add(append('a', 'no_stream', { count: 9 }));
    pending.add(append('b', 'no_stream'));
    expect(shape(pending.takeFlush(nothingKnown))).toEqual([['a', -1n]]);
    expect(shape(pending.takeFlush(nothingKnown))).toEqual([['b', -1n]]);
  });

  it('refuses more than its length or its bytes, and takes appends again after a flush', () => {
    const byLength = queue({ queueLengthMax: 1 });
    byLength.add(append('a', 'no_stream'));
    expect(() => byLength.add(append('b', 'no_stream'))).toThrow('wait for the event store');
    const byBytes = queue({ queueBytesMax: 15 });
    for (let time = 0; time < 3; time++) {
      byBytes.add(append('a', 'no_stream'));
      byBytes.add(append('a', 'no_stream', { bytes: 5 }));
      expect(() => byBytes.add(append('b', 'no_stream', { bytes: 1 }))).toThrow('wait for the event store');
      byBytes.takeFlush(nothingKnown);
      byBytes.takeFlush(new Map([['a', 0n]]));
      expect(byBytes.isEmpty).toBe(true);
    }
  });

  it('puts appends back to the front, and hands everything out at the end', () => {
    const pending = queue();
    pending.add(append('b', 'no_stream'));
    pending.putBack([append('a', 'no_stream')]);
    expect(pending.drain().map(({ request }) => request.stream)).toEqual(['a', 'b']);
    expect(pending.isEmpty).toBe(true);
  });
});
