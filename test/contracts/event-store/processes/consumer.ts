/*
 * A consumer to be killed: `node consumer.ts <module> <argument> <stream prefix>`. Waits on its input for the checkpoint to begin
 * after, and says what it handles and what it commits as checkpoint, which is all that lasts of it.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { args, say, store } from './opened-store.ts';

const [prefix] = args as [string];
await store.head();
say('ready');
const input = createInterface({ input: process.stdin });
input.once('close', () => process.exit(1)); // Whoever started it is gone.
const [after] = (await once(input, 'line')) as [string];
const subscription = store.subscribeAll({
  from: { after: BigInt(after) },
  filter: { streamPrefixes: [prefix] },
  batchSizeMax: 8,
  handle: async ({ events, checkpoint }) => {
    for (const { id, position } of events) {
      say(`handled ${position} ${id}`);
      if (Math.random() < 0.2) await sleep(1);
    }
    say(`checkpoint ${checkpoint}`);
  },
});
await subscription.stopped;
