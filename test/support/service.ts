import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openService, type Service, type ServiceOptions } from '../../services/main/service.ts';
import { freshDatabase } from './postgres.ts';

/** The whole service on a database of its own, spoken to over HTTP. */
export interface TestService {
  readonly service: Service;
  /** Token of the local provider `demo`, and of the operator. */
  readonly token: string;
  readonly operatorToken: string;
  /** Of the role that owns the event store: what an intruder with the database would have. */
  readonly ownerUrl: string;
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
  const service = await openService({ databaseUrl: database.serviceUrl, dataFolder, host: '127.0.0.1', port: 0, logger, ...options });
  const token = (await readFile(service.keyFiles.apiKey, 'utf8')).trim();
  const operatorToken = (await readFile(service.keyFiles.operatorKey, 'utf8')).trim();
  const send = async (method: string, path: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Answer> => {
    const response = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  };
  return {
    service,
    token,
    operatorToken,
    ownerUrl: database.ownerUrl,
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
      await database.drop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
