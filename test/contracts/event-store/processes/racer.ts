/* `node racer.ts <module> <argument> <stream> <count>` appends so many events to a stream that others append to as well. */
import { appendWithRetry } from '../race.ts';
import { args, say, store } from './opened-store.ts';

const [stream, count] = args as [string, string];
for (let index = 0; index < Number(count); index++) say(String(await appendWithRetry(store, stream)));
await store.dispose();
