import { afterEach, beforeEach } from '@jest/globals';
import { EventStoreDBClient, jsonEvent, type AllStreamSubscription, type JSONEventType, type EventData } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EventStoreDBDouble, type EventStoreDBDoubleOptions } from '../../eventstoredb-double/eventstoredb-double.ts';

/** The two ways by which the client appends: it takes the plain one as soon as a call has credentials. */
export const plain = { credentials: { username: 'nobody', password: 'ignored without TLS' } } as const;

export interface DoubleFixture {
  readonly double: EventStoreDBDouble;
  /** A client that is disposed of after the test. */
  client(parameters?: string): EventStoreDBClient;
  /** Kills the double, starts it again, and resolves when a new client gets through. */
  restart(): Promise<void>;
}

/** A fresh double for each test of a file, with clients that go when it goes. */
export function useDouble(options: EventStoreDBDoubleOptions = {}): DoubleFixture {
  let double: EventStoreDBDouble | undefined;
  const clients: EventStoreDBClient[] = [];
  beforeEach(async () => {
    double = await EventStoreDBDouble.start(options);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    await double?.stop();
  });
  return {
    get double() {
      return double as EventStoreDBDouble;
    },
    client(parameters = '') {
      const client = EventStoreDBClient.connectionString(`${(double as EventStoreDBDouble).connectionString}${parameters}`);
      clients.push(client);
      return client;
    },
    async restart() {
      await (double as EventStoreDBDouble).restart();
      // Clients of one process share connections, and a new one may be given a dead one until its death is noticed.
      while (!(await readable(this.client()))) await pause(5);
    },
  };
}

async function readable(client: EventStoreDBClient): Promise<boolean> {
  return collect(client.readAll({ maxCount: 1 })).then(
    () => true,
    () => false,
  );
}

export function event(data: Record<string, unknown> = {}, id: string = randomUUID()): EventData {
  return jsonEvent<JSONEventType>({ id, type: 'Noted/1', data });
}

export function events(count: number): EventData[] {
  return Array.from({ length: count }, (_, index) => event({ index: String(index) }));
}

/** A stream that no other test knows. */
export function freshStream(): string {
  return `acme.account-${randomUUID()}`;
}

/** What a promise rejects with; a test fails when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<ClientFailure> {
  try {
    await promise;
  } catch (error) {
    return error as ClientFailure;
  }
  throw new Error('It did not fail.');
}

/** The shape of what the client throws; `_raw` is the failure of gRPC behind it. */
export type ClientFailure = Error & {
  readonly type?: string;
  readonly code?: number;
  readonly _raw?: { readonly metadata: { getMap(): Record<string, string> } };
};

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Follows a subscription until it fails or enough events came. */
export interface Followed {
  readonly revisions: bigint[];
  readonly signals: string[];
  readonly failed: Promise<ClientFailure>;
  received(count: number): Promise<void>;
}

export function follow(subscription: AllStreamSubscription): Followed {
  const revisions: bigint[] = [];
  const signals: string[] = [];
  let check: () => void = () => undefined;
  subscription.on('confirmation', () => signals.push('confirmation'));
  subscription.on('caughtUp', () => {
    signals.push('caughtUp');
    check();
  });
  subscription.on('data', ({ event: read }) => {
    if (read === undefined || read.streamId.startsWith('$')) return;
    revisions.push(read.revision);
    signals.push(String(read.revision));
    check();
  });
  const failed = new Promise<ClientFailure>((resolve) => subscription.on('error', resolve as (error: Error) => void));
  const until = (reached: () => boolean) =>
    new Promise<void>((resolve) => {
      check = () => {
        if (reached()) resolve();
      };
      check();
    });
  return { revisions, signals, failed, received: (count) => until(() => revisions.length >= count && signals.includes('caughtUp')) };
}
