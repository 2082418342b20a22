import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** The longest that a request works: a command's deadline, and the time that its last attempt may take. */
const drainMsMax = 12_000;

/**
 * The requests that have been received whole and not yet been answered. One whose body is still on its way has had no effect, so nobody
 * waits for it: a client that never ends its request must not keep the service from stopping.
 */
export class RunningRequests {
  readonly #running = new Set<string>();
  #drained: (() => void) | undefined;

  constructor(server: FastifyInstance) {
    server.addHook('preValidation', (request, _, done) => {
      this.#running.add(request.id);
      done();
    });
    server.addHook('onResponse', (request, _, done) => {
      this.#running.delete(request.id);
      if (this.#running.size === 0) this.#drained?.();
      done();
    });
  }

  /** Runs `close`, which ends when every connection has ended: those that remain are cut when nothing runs any more, or took too long. */
  async drain(server: Server, close: () => Promise<void>): Promise<void> {
    const closed = close();
    const drained = Promise.withResolvers<void>();
    this.#drained = drained.resolve;
    const deadline = setTimeout(drained.resolve, drainMsMax);
    if (this.#running.size === 0) drained.resolve();
    await Promise.race([drained.promise, closed]);
    clearTimeout(deadline);
    server.closeAllConnections();
    await closed;
  }
}
