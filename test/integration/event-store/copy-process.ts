/*
 * A copy that is killed: `node copy-process.ts <source url> <target url> <events>`. Copies so many events and then, within milliseconds and
 * wherever it is by then, dies by SIGKILL. Prints a line for every event that the target is known to hold; ends when it holds all.
 */
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { copyLog } from '../../../services/event-store/application/copy-log.ts';

const [from, to, events] = process.argv.slice(2) as [string, string, string];
const source = new PostgresEventStore({ url: from });
const target = new PostgresEventStore({ url: to });
let passed = 0;
const progressed = ({ position }: { readonly position: bigint }) => {
  process.stdout.write(`${position}\n`);
  if (++passed === Number(events)) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5 * Math.random());
};
await copyLog({ source, target, progressed });
await source.dispose();
await target.dispose();
