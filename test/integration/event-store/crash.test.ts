import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createDatabase } from '../../../bench/support/fresh-database.ts';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../../../bench/support/throwaway-postgres.ts';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { appendAt } from './killed-appends.ts';

const streams = 16;

interface Answer {
  readonly stream: number;
  readonly index: number;
  readonly position: bigint;
}

/** Runs a writer, calls `crash` after so many answers, and returns all answers that reached us. */
async function writeUntil(url: string, answersMin: number, crash: (kill: () => void) => unknown): Promise<Answer[]> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'writer-process.ts'), url, String(streams)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const exited = once(writer, 'exit');
  const answers: Answer[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    const [stream, index, position] = line.split(' ') as [string, string, string];
    answers.push({ stream: Number(stream), index: Number(index), position: BigInt(position) });
    if (answers.length === answersMin) await crash(() => writer.kill('SIGKILL'));
  }
  await exited;
  return answers;
}

/** Everything that was answered is there, at the position that was answered; what was not answered can be repeated until it is. */
async function expectNothingLost(url: string, answers: readonly Answer[]): Promise<void> {
  const store = new PostgresEventStore({ url });
  for (const { stream, index, position } of answers) {
    expect(await store.append(appendAt(stream, index))).toEqual({ revision: BigInt(3 * index + 2), position, fresh: false });
  }
  for (let stream = 0; stream < streams; stream++) {
    const next = answers.filter((answer) => answer.stream === stream).length; // In flight when the crash came: written or not.
    const repeated = await store.append(appendAt(stream, next));
    expect(await store.append(appendAt(stream, next))).toEqual({ ...repeated, fresh: false });
    const revisions: bigint[] = [];
    for await (const event of store.readStream(`acme.account-${stream}`)) revisions.push(event.revision);
    expect(revisions).toEqual(Array.from({ length: 3 * (next + 1) }, (_, revision) => BigInt(revision)));
  }
  let previous = 0n;
  for await (const { position } of store.readAll()) expect(position).toBe(++previous);
  await store.dispose();
}

describe('a crash in mid-append', () => {
  it.each([1, 2, 3, 4, 5])('25, 67 loses nothing that was answered when the writer is killed, time %i', async (time) => {
    const database = await freshDatabase();
    const answers = await writeUntil(database.serviceUrl, 150 * time + 7, (kill) => kill());
    await expectNothingLost(database.serviceUrl, answers);
    await database.drop();
  });

  describe('of Postgres', () => {
    let server: ThrowawayPostgres;
    beforeAll(async () => {
      server = await startThrowawayPostgres();
    });
    afterAll(() => server.stop());

    it.each([1, 2])('25, 67 loses nothing that was answered when the server is killed, time %i', async (time) => {
      const database = await createDatabase(server.url);
      const answers = await writeUntil(database.serviceUrl, 300 * time, () => server.kill());
      await server.restart();
      await expectNothingLost(database.serviceUrl, answers);
      await database.drop();
    });
  });
});
