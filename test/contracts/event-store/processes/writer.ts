/*
 * A writer to be killed: `node writer.ts <module> <argument> <stream> ...`. Writes the numbered appends to all streams at once, and
 * prints each answer only after the store gave it.
 */
import { appendUntilKnown } from '../insist.ts';
import { appendAt } from '../numbered-appends.ts';
import { args, say, store } from './opened-store.ts';

await Promise.all(
  args.map(async (stream) => {
    for (let index = 0; ; index++) {
      const { position } = await appendUntilKnown(store, appendAt(stream, index));
      say(`${stream} ${index} ${position}`);
    }
  }),
);
