/*
 * Defects of the client that end in an error which no promise carries: `node client-process.ts <defect> <url of the double's process>`.
 * Prints what reached the process, one line each.
 */
import { EventStoreDBClient, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import { EventStoreDBDouble } from '../../eventstoredb-double/eventstoredb-double.ts';
import { setTimeout as pause } from 'node:timers/promises';

const report = (line: string) => process.stdout.write(`${line}\n`);
process.on('uncaughtException', (error) => report(`uncaught ${error.name}`));
process.on('unhandledRejection', (error) => report(`unhandled ${(error as Error).name}`));

const double = await EventStoreDBDouble.start();
const client = EventStoreDBClient.connectionString(double.connectionString);
const note = (data: Record<string, unknown>, type = 'Noted/1') => jsonEvent({ type, data });
const settled = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    () => 'rejected',
  );

const defects: Record<string, () => Promise<void>> = {
  /** A fault on one client rejects the appends of all, and the late answer of the other is nobody's. */
  async shared_map() {
    const other = await EventStoreDBDouble.start();
    const victim = EventStoreDBClient.connectionString(other.connectionString);
    await Promise.all([client.appendToStream('warm', note({})), victim.appendToStream('warm', note({}))]);
    other.appendFaults.next({ fault: 'delay_reply', ms: 300 });
    const landed = victim.appendToStream('victim', note({}), { expectedRevision: 'no_stream' });
    double.appendFaults.next({ fault: 'disconnect', written: false });
    const hit = client.appendToStream('hit', note({}));
    report(`${await settled(hit)} ${await settled(landed)}`);
    report(`written ${other.log.stream('victim')?.records.length ?? 0}`);
    await pause(400);
  },
  async bigint() {
    await client.appendToStream('warm', note({}));
    report(await Promise.race([settled(client.appendToStream('bad', note({ amount: 1n }))), pause(300, 'pending')]));
  },
  async duplicate_reply() {
    await client.appendToStream('warm', note({}));
    double.appendFaults.next({ fault: 'duplicate_reply' });
    report(await settled(client.appendToStream('twice', note({}))));
    await pause(100);
  },
  async checkpoint_rejects() {
    const seen: string[] = [];
    for (let index = 0; index < 40; index++) await client.appendToStream('other', note({}));
    const filter = streamNameFilter({ prefixes: ['wanted'], checkpointReached: () => Promise.reject(new RangeError('full')) });
    const subscription = client.subscribeToAll({ filter });
    subscription.on('data', ({ event }) => seen.push(event?.streamId ?? ''));
    subscription.on('error', () => report('error'));
    subscription.on('end', () => report('end'));
    await pause(200);
    await client.appendToStream('wanted', note({}));
    await pause(300);
    report(`seen ${seen.length}`);
  },
};

await defects[process.argv[2] as string]?.();
process.exit();
