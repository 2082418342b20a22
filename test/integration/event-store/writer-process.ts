/*
 * A writer to be killed: `node writer-process.ts <url> <streams>`. Appends to each stream in turn, with ids that follow from stream
 * and revision, and prints each answer only after the store gave it.
 */
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { appendAt } from './killed-appends.ts';

const [url, streams] = process.argv.slice(2) as [string, string];
const store = new PostgresEventStore({ url });
await Promise.all(
  Array.from({ length: Number(streams) }, async (_, stream) => {
    for (let index = 0; ; index++) {
      const { position } = await store.append(appendAt(stream, index));
      process.stdout.write(`${stream} ${index} ${position}\n`);
    }
  }),
);
