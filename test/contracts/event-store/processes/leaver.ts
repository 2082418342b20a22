/*
 * `node leaver.ts <module> <argument> <stream prefix>` disposes of its store while appends, a read and a subscription are under way,
 * and says how each of them ended. The process has to exit by itself then.
 */
import { numberedEvents } from '../numbered-appends.ts';
import { args, say, store } from './opened-store.ts';

const [prefix] = args as [string];
const calls: Promise<unknown>[] = [];
const note = (name: string, call: Promise<unknown>) => {
  calls.push(
    call.then(
      () => say(`${name} done`),
      (error: unknown) => say(`${name} ${(error as Error).name}`),
    ),
  );
};
const read = async () => {
  for await (const event of store.readAll()) if (event.position < 0n) return;
};

await store.append({ stream: `${prefix}account-first`, expected: 'no_stream', events: numberedEvents(`${prefix} first`, 5) });
note('subscription', store.subscribeAll({ from: 'start', handle: async () => undefined }).stopped);
note('read', read());
for (let index = 0; index < 50; index++) {
  const events = numberedEvents(`${prefix} ${index}`, 1);
  note('append', store.append({ stream: `${prefix}account-${index}`, expected: 'no_stream', events }));
}
await store.dispose();
await Promise.all(calls);
say('disposed');
