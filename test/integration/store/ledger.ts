import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { verifyLog } from '../../../services/main/demo/verify-log.ts';
import { openService, type Service } from '../../../services/main/service.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { until } from '../integrity/log-fixture.ts';

const logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' });

/** A ledger on a database, with a data folder that outlives its service. */
export class Ledger {
  readonly folder: string;
  service: Service | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** What it leaves is taken away by `closings`, last first. */
  static async create(closings: (() => Promise<unknown>)[]): Promise<Ledger> {
    const ledger = new Ledger(await mkdtemp(join(tmpdir(), 'tallyroot-move-')));
    closings.push(() => rm(ledger.folder, { recursive: true, force: true }));
    closings.push(() => ledger.stop());
    return ledger;
  }

  async start({ serviceUrl }: Pick<TestDatabase, 'serviceUrl'>, eventStoreUrl?: string): Promise<Service> {
    const place = { databaseUrl: serviceUrl, eventStoreUrl };
    this.service = await openService({ ...place, dataFolder: this.folder, host: '127.0.0.1', port: 0, logger });
    return this.service;
  }

  async stop(): Promise<void> {
    await this.service?.close();
    this.service = undefined;
  }

  async post(path: string, body: unknown, key = path) {
    const token = (await readFile(join(this.folder, 'api-key'), 'utf8')).trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key };
    const answer = await fetch(`${this.service!.url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status >= 300) throw new Error(await answer.text());
    return {
      replayed: answer.headers.get('idempotent-replayed') === 'true',
      ...((await answer.json()) as { id: string; position: string }),
    };
  }

  async get(path: string): Promise<Record<string, unknown>> {
    const token = (await readFile(join(this.folder, 'api-key'), 'utf8')).trim();
    const answer = await fetch(`${this.service!.url}/v1/${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (answer.status >= 300) throw new Error(await answer.text());
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Issues an invoice and answers its number. */
  async invoice(account: string, key: string): Promise<string> {
    await this.post(`accounts/${account}/charges`, { amount: '29.9', currency: 'EUR', product: 'tv', description: 'TV' }, `charge-${key}`);
    const closed = await this.post(`accounts/${account}/invoices`, { dueOn: '2027-01-31' }, `close-${key}`);
    return until(async () => {
      const { number } = await this.get(`invoices/${closed.id}?after=${closed.position}`);
      return number as string | undefined;
    });
  }

  /** The head once it covers everything that was written so far. */
  async signedHead() {
    const { eventStore, integrity } = this.service!;
    const { genesisPosition = 0n } = (await integrity.logs.find('demo')) ?? {};
    let events = 0n;
    for await (const { stream, position } of eventStore.readAll()) if (stream.startsWith('demo.') && position >= genesisPosition) events++;
    return until(async () => {
      const head = await integrity.query.head('demo');
      return head !== undefined && head.size >= events ? head : undefined;
    });
  }

  async verify() {
    const token = (await readFile(join(this.folder, 'api-key'), 'utf8')).trim();
    const genesisHash = await this.service!.integrity.logs.genesisHashOf('demo');
    const verdict = await verifyLog({ log: `${this.service!.url}/logs/demo/`, genesisHash, rpcUrl: undefined, token });
    return { genesisHash, ...verdict };
  }
}
