import { createServer, type Server as NetServer, type Socket } from 'node:net';

/**
 * The listening side of the double, apart from gRPC, so that connections can break as they do when a process dies: at once, by RST,
 * with nothing said.
 */
export class Sockets {
  readonly #open = new Set<Socket>();
  #server: NetServer | undefined;
  #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, on the same port each time, and hands over each connection. */
  async listen(accept: (socket: Socket) => void): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
      socket.on('error', () => socket.destroy());
      accept(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as { port: number }).port;
  }

  /** Nobody new gets in: ECONNREFUSED. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    if (this.#open.size === 0) await closed;
  }

  /** Resets every connection, or that of one peer. */
  destroy(remotePort?: number): void {
    for (const socket of this.#open) if (remotePort === undefined || socket.remotePort === remotePort) socket.resetAndDestroy();
  }
}
