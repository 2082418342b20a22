import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createDatabase } from '../../../bench/support/fresh-database.ts';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../../../bench/support/throwaway-postgres.ts';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import type { AppendRequest } from '../../../services/event-store/domain/event-store.ts';
import { appendUntilKnown } from '../../contracts/event-store/insist.ts';
import { collect, idsOf, propose, revisionsOf, revisionsUpTo } from '../../contracts/event-store/events.ts';

const fileBlocksMax = 16_384;
const batch = 100;
const stream = 'acme.account-1';

let server: ThrowawayPostgres;
beforeAll(async () => {
  server = await startThrowawayPostgres({ fileBlocksMax });
});
afterAll(() => server.stop());

/** 200 kB that do not compress. */
const request = (index: number): AppendRequest => ({
  stream,
  expected: index === 0 ? 'no_stream' : BigInt(batch * index - 1),
  events: Array.from({ length: batch }, () => propose(1, { pad: randomBytes(1000).toString('hex') })).flat(),
});

it('[K15] 25, 67 loses nothing that was answered when the disk is full, and goes on when there is space', async () => {
  const { serviceUrl } = await createDatabase(server.url);
  const store = new PostgresEventStore({ url: serviceUrl });
  const answered: string[] = [];
  let refused: AppendRequest | undefined;
  for (let index = 0; refused === undefined; index++) {
    const next = request(index);
    await store.append(next).then(
      () => answered.push(...idsOf(next.events)),
      (error: unknown) => {
        expect(error).toMatchObject({ name: 'UnknownOutcomeFault', retryable: true });
        refused = next;
      },
    );
    expect(index).toBeLessThan(200);
  }
  expect(answered.length).toBeGreaterThan(batch);
  await expect(store.append(refused)).rejects.toMatchObject({ name: 'UnknownOutcomeFault' }); // Time does not heal it.
  expect(idsOf(await collect(store.readStream(stream)))).toEqual(answered);

  await server.restart(); // With space.
  const answer = await appendUntilKnown(store, refused);
  const stored = await collect(store.readAll());
  expect(idsOf(stored)).toEqual([...answered, ...idsOf(refused.events)]);
  expect(revisionsOf(stored)).toEqual(revisionsUpTo(stored.length));
  expect(answer).toMatchObject({ revision: BigInt(stored.length) - 1n, position: stored.at(-1)?.position });
  await store.dispose();
});
