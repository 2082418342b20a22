import { BACKWARDS, END, FORWARDS, type AllStreamResolvedEvent, type ResolvedEvent } from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import { collect, event, events, failureOf, freshStream, useDouble } from './double-fixture.ts';

const fixture = useDouble({ stride: () => 1n + BigInt(Math.floor(Math.random() * 1000)) });

const revisions = (read: ResolvedEvent[]) => read.map(({ event: found }) => found?.revision);
const ids = (read: AllStreamResolvedEvent[]) => read.map(({ event: found }) => found?.id);

async function written() {
  const client = fixture.client();
  const stream = freshStream();
  await client.appendToStream(stream, events(5), { expectedRevision: 'no_stream' });
  const found = (await collect(client.readStream(stream))).map(({ event: read }) => read);
  return { client, stream, positions: found.map((read) => read?.position ?? { commit: -1n, prepare: -1n }) };
}

describe('reads as a real server answers them', () => {
  it('a stream is read from a revision on, inclusive in both directions', async () => {
    const { client, stream } = await written();
    expect(revisions(await collect(client.readStream(stream, { fromRevision: 2n })))).toEqual([2n, 3n, 4n]);
    expect(revisions(await collect(client.readStream(stream, { fromRevision: 2n, direction: BACKWARDS })))).toEqual([2n, 1n, 0n]);
    expect(revisions(await collect(client.readStream(stream, { fromRevision: END, direction: BACKWARDS, maxCount: 1 })))).toEqual([4n]);
    expect(revisions(await collect(client.readStream(stream, { maxCount: 2 })))).toEqual([0n, 1n]);
  });

  it('beyond the end there is nothing, and no error', async () => {
    const { client, stream, positions } = await written();
    const beyond = { commit: (positions[4]?.commit ?? 0n) + 1_000_000n, prepare: (positions[4]?.prepare ?? 0n) + 1_000_000n };
    expect(await collect(client.readStream(stream, { fromRevision: 99n }))).toEqual([]);
    expect(await collect(client.readAll({ fromPosition: beyond }))).toEqual([]);
    expect(await failureOf(collect(client.readStream(stream, { fromRevision: END, direction: FORWARDS })))).toMatchObject({ code: 2 });
  });

  it('the log is read forwards from a position inclusive, backwards exclusive', async () => {
    const { client, positions } = await written();
    const fromPosition = positions[2] as { commit: bigint; prepare: bigint };
    const forwards = await collect(client.readAll({ fromPosition, maxCount: 2 }));
    expect(forwards.map(({ event: read }) => read?.revision)).toEqual([2n, 3n]);
    const backwards = await collect(client.readAll({ fromPosition, direction: BACKWARDS, maxCount: 2 }));
    expect(backwards.map(({ event: read }) => read?.revision)).toEqual([1n, 0n]);
  });

  it('the log reads the same in both directions, positions strictly increase', async () => {
    const { client } = await written();
    await written();
    const forwards = await collect(client.readAll());
    const backwards = await collect(client.readAll({ direction: BACKWARDS, fromPosition: END }));
    expect(ids(backwards)).toEqual(ids(forwards).reverse());
    const positions = forwards.map(({ event: read }) => read?.position?.commit ?? 0n);
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => (a < b ? -1 : 1)));
    expect(forwards[0]?.event?.type).toBe('$metadata'); // A server writes the first record, whose id names the store.
  });

  it('metadata hides events from the stream, not from the log', async () => {
    const { client, stream } = await written();
    await client.setStreamMetadata(stream, { truncateBefore: 3 });
    expect(revisions(await collect(client.readStream(stream)))).toEqual([3n, 4n]);
    await client.setStreamMetadata(stream, { maxCount: 1 });
    expect(revisions(await collect(client.readStream(stream, { direction: BACKWARDS, fromRevision: END })))).toEqual([4n]);
    const all = await collect(client.readAll());
    expect(all.filter(({ event: read }) => read?.streamId === stream)).toHaveLength(5);
  });

  it('a deadline has no effect on reads', async () => {
    const { client, stream } = await written();
    expect(await collect(client.readStream(stream, { deadline: 1 }))).toHaveLength(5);
  });

  it('what was answered is read at once, also over another connection', async () => {
    const client = fixture.client();
    const reader = fixture.client();
    for (let time = 0; time < 200; time++) {
      const stream = freshStream();
      const { position } = await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
      const [found] = await collect(reader.readStream(stream));
      expect(found?.event?.position).toEqual(position);
    }
  });
});
