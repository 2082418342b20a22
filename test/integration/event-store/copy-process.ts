/*
 * A copy to be killed: `node copy-process.ts <source url> <target url>`. Prints a line for every event that the target is known to hold, and
 * ends when it holds all.
 */
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { copyLog } from '../../../services/event-store/application/copy-log.ts';

const [from, to] = process.argv.slice(2) as [string, string];
const source = new PostgresEventStore({ url: from });
const target = new PostgresEventStore({ url: to });
await copyLog({ source, target, progressed: ({ position }) => process.stdout.write(`${position}\n`) });
await source.dispose();
await target.dispose();
