import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ThrowawayChain, startThrowawayChain } from '../../../bench/support/throwaway-chain.ts';
import type { EventStore } from '../../../services/event-store/domain/event-store.ts';
import { fsck, type FsckOptions } from '../../../services/main/fsck/fsck.ts';
import type { PartReport } from '../../../services/main/fsck/part.ts';
import { openEventStore } from '../../../services/main/open-event-store.ts';
import { readModels } from '../../../services/main/read-models.ts';
import type { Service } from '../../../services/main/service.ts';
import { bigintTypes, createPool } from '../../../services/read-store/pool.ts';
import { ProjectionProgress } from '../../../services/read-store/projection-progress.ts';
import type { Intruder } from '../../support/intruder.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const amount = { amount: '1', currency: 'EUR' };

/** The ledger of a small provider, anchored on a chain of its own; its service has stopped. */
export class CheckedLedger {
  readonly api: TestService;
  readonly store: EventStore;
  readonly owner: pg.Client;
  readonly intruder: Intruder;
  readonly account: string;
  readonly chain: ThrowawayChain;

  private constructor(parts: Pick<CheckedLedger, 'api' | 'store' | 'owner' | 'intruder' | 'account' | 'chain'>) {
    const { api, store, owner, intruder, account, chain } = parts;
    [this.api, this.store, this.owner, this.intruder, this.account, this.chain] = [api, store, owner, intruder, account, chain];
  }

  /** So many charges that the tree has a second level. */
  static async open(charges = 300): Promise<CheckedLedger> {
    const chain = await startThrowawayChain();
    // Whoever anchors waits for finality, which a chain without traffic never reaches.
    const mining = setInterval(() => void chain.provider.send('evm_mine', []).catch(() => undefined), 100);
    const api = await startTestService({ chain: { rpcUrl: chain.url } });
    const account = await fill(api, charges);
    const { DATABASE_URL: databaseUrl = '', EVENTSTORE_URL: eventStoreUrl } = api.environment;
    await untilCheckable(api.service, databaseUrl);
    clearInterval(mining);
    await api.service.close();
    const store = await openEventStore({ databaseUrl, eventStoreUrl });
    const owner = new pg.Client({ connectionString: api.ownerUrl, types: bigintTypes });
    await owner.connect();
    await owner.query('set search_path = tallyroot');
    return new CheckedLedger({ api, store, owner, intruder: await api.intruder(store), account, chain });
  }

  async check(options: Partial<FsckOptions> = {}): Promise<readonly PartReport[]> {
    const { api, store, chain } = this;
    const reports: PartReport[] = [];
    const places = { databaseUrl: api.environment['DATABASE_URL'] ?? '', dataFolder: api.dataFolder, rpcUrls: [chain.url] };
    for await (const report of fsck({ ...places, store, provider: undefined, onProgress: () => undefined, ...options }))
      reports.push(report);
    return reports;
  }

  async one<Row>(sql: string, values: readonly unknown[] = []): Promise<Row> {
    const { rows } = await this.owner.query(sql, [...values]);
    if (rows.length !== 1) throw new Error(`${sql} answers ${rows.length} rows.`);
    return rows[0] as Row;
  }

  async close(): Promise<void> {
    await this.intruder.leave();
    await this.owner.end();
    await this.store.dispose();
    await this.api.close();
    await this.chain.stop();
  }
}

async function fill(api: TestService, charges: number): Promise<string> {
  const account = (await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '1000' })).body.id as string;
  const sent = Array.from({ length: charges }, (_, number) => number);
  for (let at = 0; at < sent.length; at += 20)
    await Promise.all(
      sent
        .slice(at, at + 20)
        .map((number) =>
          api.post(`/v1/accounts/${account}/charges`, { ...amount, product: 'internet-100', description: `Charge ${number}` }),
        ),
    );
  const { body: invoice } = await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' });
  for (;;) {
    const { body } = await api.get(`/v1/invoices/${invoice.id}?after=${invoice.position}`);
    if (body.status === 'issued') break;
    await sleep(50);
  }
  await api.post(`/v1/accounts/${account}/payments`, { ...amount, method: 'bank', reference: 'R1' });
  const prepaid = (await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' })).body.id as string;
  await api.post(`/v1/accounts/${prepaid}/top-ups`, { amount: '20', currency: 'EUR', method: 'card' });
  const sale = { onSaleFrom: '2020-01-01T00:00:00.000Z', onSaleUntil: '2099-01-01T00:00:00.000Z' };
  const event = { startsAt: '2098-01-01T20:00:00.000Z', endsAt: '2098-01-01T22:00:00.000Z', graceMinutes: '15' };
  const title = await api.post('/v1/titles', { name: 'Cup final', price: '4.99', currency: 'EUR', ...sale, ...event });
  const bought = await api.post(`/v1/accounts/${prepaid}/purchases`, { title: title.body.id });
  if (bought.status !== 201) throw new Error(JSON.stringify([title.body, bought.body]));
  return account;
}

/** Resolves when everything is committed to and anchored, the anchor is final, and every read model has everything. */
export async function untilCheckable({ integrity, eventStore }: Service, databaseUrl: string): Promise<void> {
  await integrity.anchoring.anchorer.anchorNow('demo');
  const pool = createPool({ url: databaseUrl, connectionsMax: 1 });
  const progress = new ProjectionProgress(pool);
  const { position } = await eventStore.head();
  for (const { name, version } of readModels) await progress.waitFor({ name, version }, { position, timeoutMs: 60_000 });
  await pool.end();
}
