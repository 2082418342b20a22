import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { EventStoreDbEventStore } from '../../../services/event-store/adapters/eventstoredb/eventstoredb.event-store.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import type { Abilities, OpenOptions, Tamper } from './engine.ts';

/** What every EventStoreDB offers a test, be it real or a double. */
export const commonAbilities = [
  ...(['client', 'process', 'processSharesLog', 'outage', 'appendFaults', 'noise', 'tamper', 'lateClientClock'] as const),
] satisfies readonly (keyof Abilities)[];

/** Clients of one server for one test; `store` reaches it through a network that can fail. */
export class EventStoreDBClients {
  readonly store: EventStoreDbEventStore;
  readonly #url: string;
  readonly #proxy: TcpProxy;
  readonly #options: OpenOptions;
  readonly #stores: EventStoreDbEventStore[] = [];

  private constructor(url: string, proxy: TcpProxy, options: OpenOptions) {
    this.#url = url;
    this.#proxy = proxy;
    this.#options = options;
    this.store = this.open(url.replace(hostOf(url), `127.0.0.1:${proxy.port}`));
  }

  static async start(url: string, options: OpenOptions = {}): Promise<EventStoreDBClients> {
    const { hostname, port } = new URL(url);
    const proxy = await TcpProxy.start({ host: hostname, port: Number(port || '2113') });
    return new EventStoreDBClients(url, proxy, options);
  }

  open(url: string): EventStoreDbEventStore {
    const { appendTimeoutMs } = this.#options;
    const store = new EventStoreDbEventStore({ url, ...(appendTimeoutMs !== undefined && { appendTimeoutMs }) });
    this.#stores.push(store);
    return store;
  }

  /** All that `commonAbilities` names. */
  abilities(): Pick<Abilities, (typeof commonAbilities)[number]> {
    const url = this.#url;
    return {
      client: async () => this.open(url),
      process: { module: join(import.meta.dirname, 'eventstoredb.process.ts'), argument: url },
      processSharesLog: true,
      ...networkOf(this.#proxy),
      noise: () => makeNoise(url),
      tamper: tamperWith(url),
      lateClientClock: true,
    };
  }

  async close(): Promise<void> {
    this.#proxy.mode = 'pass';
    await Promise.all(this.#stores.map((store) => store.dispose()));
    await this.#proxy.close();
  }
}

/** `<host>:<port>` of a URL that names one server without TLS: only to such a one can a proxy stand in the way. */
function hostOf(url: string): string {
  const [, host] = /^esdb:\/\/([^@,/?]+)\/?\?(?:.*&)?tls=false(?:&|$)/i.exec(url) ?? [];
  if (host === undefined) throw new Error('The suite takes the URL of one server without TLS: esdb://<host>:<port>?tls=false');
  return host;
}

function networkOf(proxy: TcpProxy): Pick<Abilities, 'outage' | 'appendFaults'> {
  const set = (mode: TcpProxy['mode']) => async () => void (proxy.mode = mode);
  const end = set('pass');
  return {
    outage: { begin: set('refuse'), end },
    appendFaults: [
      { name: 'the request is lost', begin: set('lose_requests'), end },
      { name: 'the reply is lost', begin: set('lose_replies'), end },
      { name: 'the network stalls', begin: set('freeze'), end },
      { name: 'connections are refused', begin: set('refuse'), end },
    ],
  };
}

async function withClient(url: string, work: (client: EventStoreDBClient) => Promise<unknown>): Promise<void> {
  const client = EventStoreDBClient.connectionString(url);
  await work(client);
  await client.dispose();
}

function tamperWith(url: string): Tamper {
  return {
    softDelete: (stream) => withClient(url, (client) => client.deleteStream(stream)),
    tombstone: (stream) => withClient(url, (client) => client.tombstoneStream(stream)),
    truncate: (stream, before) => withClient(url, (client) => client.setStreamMetadata(stream, { truncateBefore: Number(before) })),
  };
}

/** As the server writes them itself, as far as a client may: a name of its own, a type of its own, a tombstone, metadata. */
function makeNoise(url: string): Promise<void> {
  const stream = `noise-${randomUUID()}`;
  return withClient(url, async (client) => {
    await client.appendToStream(`$${stream}`, jsonEvent({ type: 'Noise', data: {} }));
    await client.appendToStream(stream, jsonEvent({ type: '$noise', data: {} }));
    await client.setStreamMetadata(stream, { maxCount: 5 });
    await client.tombstoneStream(stream);
  });
}
