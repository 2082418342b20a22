import { setTimeout as sleep } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import { EventStoreDBClient } from '@eventstore/db-client';
import { withConnectionName } from './connection-string.ts';

export type Client = EventStoreDBClient;

/** What the client learnt from the server when it connected. */
export interface ServerFeatures {
  readonly serverVersion: string;
  supports(method: { readonly path: string }): boolean;
}

type StreamMaker<Service> = (service: Service) => Duplex;

/**
 * What the fences need of the client and what its types keep to themselves. The version is pinned exactly, and a test meets each of
 * these; another version may have them elsewhere.
 */
export interface ClientInternals {
  readonly capabilities: Promise<ServerFeatures>;
  /** Answers what opens a call, or finds it open in `cache`. */
  GRPCStreamCreator: <Service extends object>(
    service: new (...args: never[]) => Service,
    name: string,
    make: StreamMaker<Service>,
    cache?: WeakMap<Service, unknown>,
  ) => () => Promise<Duplex>;
  getChannel(): Promise<{ close(): void }>;
}

const closeMsMax = 1000;

/** Connects at the first call. Throws when a file that the URL names is not there. */
export function openClient(url: string, name: string): Client {
  return EventStoreDBClient.connectionString(withConnectionName(url, name));
}

export function internalsOf(client: Client): ClientInternals {
  return client as unknown as ClientInternals;
}

/** Cancels what is open and cuts the connection. Never rejects, and ends within a second or two whatever the server does. */
export async function closeClient(client: Client): Promise<void> {
  await atMost(client.dispose()); // Waits for ever for a call that the server has half closed.
  await atMost(
    internalsOf(client)
      .getChannel()
      .then((channel) => channel.close()),
  );
}

async function atMost(work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  await Promise.race([work.catch(() => undefined), sleep(closeMsMax, undefined, { signal: ended.signal }).catch(() => undefined)]);
  ended.abort();
}
