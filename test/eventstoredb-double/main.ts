/*
 * The double as a process of its own: `node main.ts [--port 2113] [--file log.jsonl] [--attached]`. Prints its connection string, then
 * serves until it is killed; SIGTERM ends it as it ends a real server. Attached, it ends with whoever holds its input open.
 */
import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { EventStoreDBDouble } from './eventstoredb-double.ts';

const { values } = parseArgs({ options: { port: { type: 'string' }, file: { type: 'string' }, attached: { type: 'boolean' } } });
const double = await EventStoreDBDouble.start({
  port: Number(values.port ?? 0),
  ...(values.file !== undefined && { file: values.file }),
});
process.once('SIGTERM', () => {
  void double.terminate().then(() => process.exit());
});
flushCompileCache(); // Most of these processes are killed, and would leave the next one nothing.
process.stdout.write(`${double.connectionString}\n`);
if (values.attached === true) process.stdin.resume().once('end', () => process.exit()); // Whoever started it is gone.
