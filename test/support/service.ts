import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';
import { openService, type Service } from '../../services/main/service.ts';
import type { ServiceOptions } from '../../services/main/service/service-options.ts';
import { DoubleProcess } from '../eventstoredb-double/double-process.ts';
import { eventStoreDBIntruder, type Intruder, postgresIntruder } from './intruder.ts';
import { freshDatabase } from './postgres.ts';

/**
 * The whole service on a database of its own, spoken to over HTTP. Its events lie in that database, or in a wire double of an EventStoreDB
 * of its own when the environment says `TALLYROOT_TEST_EVENTSTORE=double`.
 */
export interface TestService {
  readonly service: Service;
  /** Token of the local provider `demo`, and of the operator. */
  readonly token: string;
  readonly operatorToken: string;
  /** Of the role that owns the schemas of the database. */
  readonly ownerUrl: string;
  /** Environment in which a command of ours works on this ledger, with the data folder that `--data` names. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dataFolder: string;
  /** Of the EventStoreDB that holds the events; undefined where the database does. */
  readonly eventStoreUrl: string | undefined;
  /** Comes in behind the event store's port; to be sent away by whoever let them in. `store`: where the service's own is closed. */
  intruder(store?: EventStore): Promise<Intruder>;
  /** Sends a POST with a fresh Idempotency-Key unless the headers bring one. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- Tests look into answers of every shape.
}

export async function startTestService(options: Partial<ServiceOptions> = {}): Promise<TestService> {
  const database = await freshDatabase();
  const dataFolder = await mkdtemp(join(tmpdir(), 'tallyroot-service-'));
  const logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
  const file = join(dataFolder, 'eventstoredb.jsonl');
  const server = usesDouble() ? await DoubleProcess.start({ file }) : undefined;
  const places = { databaseUrl: database.serviceUrl, eventStoreUrl: server?.connectionString, dataFolder };
  const service = await openService({ ...places, host: '127.0.0.1', port: 0, logger, ...options });
  const token = (await readFile(service.keyFiles.apiKey, 'utf8')).trim();
  const operatorToken = (await readFile(service.keyFiles.operatorKey, 'utf8')).trim();
  const send = async (method: string, path: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Answer> => {
    const response = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const isJson = /[/+]json(;|$)/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  };
  return {
    service,
    token,
    operatorToken,
    ownerUrl: database.ownerUrl,
    environment: environmentOf({ ...places, ...options }, database.ownerUrl),
    dataFolder,
    eventStoreUrl: server?.connectionString,
    intruder: async (store = service.eventStore) =>
      server === undefined ? postgresIntruder(database.ownerUrl) : eventStoreDBIntruder({ server, file, store }),
    post: (path, body, headers = {}) =>
      send(
        'POST',
        path,
        { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
        typeof body === 'string' ? body : JSON.stringify(body),
      ),
    get: (path, headers = {}) => send('GET', path, headers),
    close: async () => {
      await service.close();
      await server?.kill();
      await database.drop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

function environmentOf(
  { databaseUrl, eventStoreUrl, chain }: Pick<ServiceOptions, 'databaseUrl' | 'eventStoreUrl' | 'chain'>,
  ownerUrl: string,
): Readonly<Record<string, string>> {
  const database = { DATABASE_URL: databaseUrl, DATABASE_OWNER_URL: ownerUrl };
  return { ...database, CHAIN_RPC_URL: chain?.rpcUrl ?? 'none', ...(eventStoreUrl !== undefined && { EVENTSTORE_URL: eventStoreUrl }) };
}

function usesDouble(): boolean {
  const chosen = process.env['TALLYROOT_TEST_EVENTSTORE'] ?? '';
  if (!['', 'postgres', 'double'].includes(chosen)) throw new Error(`TALLYROOT_TEST_EVENTSTORE takes postgres or double, not ${chosen}.`);
  return chosen === 'double';
}
