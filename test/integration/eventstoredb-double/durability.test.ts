import { EventStoreDBClient } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DoubleProcess } from '../../eventstoredb-double/double-process.ts';
import { collect, event, failureOf, freshStream } from './double-fixture.ts';

let folder: string;
let server: DoubleProcess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eventstoredb-double-'));
  server = await DoubleProcess.start({ file: join(folder, 'log.jsonl') });
});
afterEach(async () => {
  await server.kill();
  await rm(folder, { recursive: true, force: true });
});

/** Appends one event after the other until the server fails; answers what was acknowledged. */
async function writeUntilFailure(client: EventStoreDBClient, stream: string): Promise<{ id: string; position: bigint }[]> {
  const acknowledged: { id: string; position: bigint }[] = [];
  try {
    for (let revision = 0n; ; revision++) {
      const noted = event();
      const expectedRevision = revision === 0n ? 'no_stream' : revision - 1n;
      const { position } = await client.appendToStream(stream, noted, { expectedRevision });
      acknowledged.push({ id: noted.id, position: position?.commit ?? -1n });
    }
  } catch {
    return acknowledged;
  }
}

describe('a double in a process of its own', () => {
  it('keeps, through kill -9 under 16 writers, every acknowledged event at its position, and no stream with a gap', async () => {
    for (let round = 0; round < 3; round++) {
      const client = EventStoreDBClient.connectionString(server.connectionString);
      const streams = Array.from({ length: 16 }, freshStream);
      const writers = streams.map((stream) => writeUntilFailure(client, stream));
      await pause(400);
      await server.kill();
      const acknowledged = await Promise.all(writers);
      await server.restart();
      const reader = EventStoreDBClient.connectionString(server.connectionString);
      for (const [index, stream] of streams.entries()) {
        const kept = (await collect(reader.readStream(stream))).map(({ event: read }) => read);
        const written = acknowledged[index] ?? [];
        expect(written.length).toBeGreaterThan(0);
        expect(kept.slice(0, written.length).map((read) => ({ id: read?.id, position: read?.position?.commit }))).toEqual(written);
        expect(kept.length - written.length).toBeLessThanOrEqual(1);
        expect(kept.map((read) => read?.revision)).toEqual(kept.map((_, revision) => BigInt(revision)));
      }
      await Promise.all([client.dispose(), reader.dispose()]);
    }
  });

  it('frozen as a whole, is given up by the keepalive of its clients, and goes on when it is thawed', async () => {
    const warned = jest.spyOn(console, 'warn').mockReturnValue(); // The client recommends ten seconds, twenty in all.
    const client = EventStoreDBClient.connectionString(`${server.connectionString}&keepAliveInterval=1000&keepAliveTimeout=500`);
    warned.mockRestore();
    const stream = freshStream();
    await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' });
    server.freeze();
    const noted = event();
    const began = performance.now();
    expect(await failureOf(client.appendToStream(stream, noted, { expectedRevision: 0n, deadline: 200 }))).toMatchObject({ code: 14 });
    expect(performance.now() - began).toBeGreaterThan(500); // Its own deadline of 200 ms did nothing.
    server.thaw();
    const answer = await client.appendToStream(stream, noted, { expectedRevision: 0n });
    expect(answer.nextExpectedRevision).toBe(1n);
    expect(await collect(client.readStream(stream))).toHaveLength(2);
    await client.dispose();
  });
});
