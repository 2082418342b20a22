import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of bytes between a client and a server. `pass`: all arrive. `refuse`: connections end, new ones at once. `lose_requests`,
 * `lose_replies`: the first bytes in that direction are lost, and their connection with them. `freeze`: nothing arrives, nothing ends.
 */
export type ProxyMode = 'pass' | 'refuse' | 'lose_requests' | 'lose_replies' | 'freeze';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** What to do once the link is thawed, in order. */
  readonly held: (() => void)[];
}

/** Stands between a client and a server on this machine, and fails as networks do. */
export class TcpProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #listener: Server;
  readonly #links = new Set<Link>();
  #mode: ProxyMode = 'pass';

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  set mode(mode: ProxyMode) {
    this.#mode = mode;
    if (mode === 'refuse') this.cut();
    if (mode === 'freeze') return;
    for (const { held } of this.#links) for (const pass of held.splice(0)) pass();
  }

  /** Ends every connection, as a network that fails for a moment does. */
  cut(): void {
    for (const { client, server } of this.#links) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const link = { client, server, held: [] };
    this.#links.add(link);
    server.on('error', () => server.destroy());
    this.#relay(link, { from: client, to: server, lost: 'lose_requests' });
    this.#relay(link, { from: server, to: client, lost: 'lose_replies' });
  }

  #relay(link: Link, { from, to, lost }: { from: Socket; to: Socket; lost: ProxyMode }): void {
    const whenThawed = (pass: () => void) => {
      if (this.#mode === 'freeze') link.held.push(pass);
      else pass();
    };
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      whenThawed(() => {
        if (this.#mode === lost) {
          from.resetAndDestroy();
          to.resetAndDestroy();
        } else if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    });
    from.on('end', () => whenThawed(() => to.end()));
    from.on('close', () => {
      this.#links.delete(link);
      whenThawed(() => to.destroy());
    });
  }
}
