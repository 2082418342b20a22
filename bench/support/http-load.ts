import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';

export interface HttpLoad {
  readonly port: number;
  /** Each request draws one. */
  readonly paths: readonly string[];
  /** Each waits for its answer before it asks again; with a pace, the connections that there are. */
  readonly callers: number;
  /** Requests go out at this pace whatever is answered, and a latency counts from when its request was due. */
  readonly perSecond?: number;
  readonly forMs: number;
}

export interface HttpLoadFigures {
  readonly perSecond: number;
  /** From the call until the answer was read whole, in ms. */
  readonly latencies: readonly number[];
}

export interface LoadGenerator {
  run(load: HttpLoad): Promise<HttpLoadFigures>;
  stop(): void;
}

/** Asks from a process of its own: in the server's, each answer would also wait for the event loop that sends the other requests. */
export function startHttpLoad(): LoadGenerator {
  const child = fork(join(import.meta.dirname, `http-load.process${extname(import.meta.filename)}`), { serialization: 'advanced' });
  return {
    run: async (load) => {
      child.send(load);
      const ended = once(child, 'exit').then(() => Promise.reject(new Error('The load generator ended.')));
      const [figures] = (await Promise.race([once(child, 'message'), ended])) as [HttpLoadFigures];
      return figures;
    },
    stop: () => void child.kill(),
  };
}
