import type { Duplex } from 'node:stream';
import { type Client, internalsOf } from './client.ts';

/**
 * The client sends all appends over one stream and matches replies to callers itself. Four things are mended here; what can happen to
 * that stream becomes an append without an answer, which is unknown and sent again.
 *
 * - A reply that nobody waits for (a late one, a repeated one) throws inside the client's listener, outside any promise: it would end the
 *   process (D1).
 * - A call that waits for the stream to take more, when it breaks, rejects a promise that nobody holds: the same. So the stream always
 *   takes more; what is in flight is bounded by the gate before the client.
 * - A stream that the server ends without an error is kept and written to for ever (D4).
 * - The append that opens the stream is overtaken by those behind it. So each waits for the one before it to have the stream.
 */
export function guardBatchStream(client: Client): void {
  const internals = internalsOf(client);
  const create = internals.GRPCStreamCreator;
  let turn: Promise<unknown> = Promise.resolve();
  internals.GRPCStreamCreator = (service, name, make, cache) => {
    if (cache === undefined) return create(service, name, make); // Only the stream of appends is kept and shared.
    const open = create(service, name, (to) => guarded(make(to)), cache);
    return () => {
      const opened = turn.then(open, open);
      turn = opened;
      return opened;
    };
  };
}

function guarded(stream: Duplex): Duplex {
  const deliver = take(stream, 'data');
  const fail = take(stream, 'error');
  let isBroken = false;
  stream.on('data', (reply: unknown) => {
    try {
      deliver(reply);
    } catch {
      // The append that it answers was given up as unknown, or is given up when its timer fires.
    }
  });
  stream.on('error', (error: unknown) => {
    if (!isBroken) fail(error); // Once: it rejects everything that waits in this process, on whatever stream.
    isBroken = true;
  });
  stream.once('end', () => {
    if (!isBroken) stream.destroy(new Error('The server ended the stream of appends.'));
  });
  const write = stream.write.bind(stream) as (message: unknown) => boolean;
  stream.write = (message: unknown) => {
    write(message);
    return true;
  };
  return stream;
}

/** Takes off the one listener that the client has just put on. */
function take(stream: Duplex, event: 'data' | 'error'): (...args: unknown[]) => void {
  const listener = stream.listeners(event)[0] as (...args: unknown[]) => void;
  stream.removeListener(event, listener);
  return listener;
}
