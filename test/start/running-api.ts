import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresHeadStore } from '../../services/integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../../services/integrity/adapters/postgres/postgres.leaf-store.ts';
import { LogQuery } from '../../services/integrity/application/log-query.ts';
import { createPool } from '../../services/read-store/pool.ts';
import type { ServiceFolder } from './started-service.ts';

export interface Answer {
  readonly id: string;
  readonly position: string;
  readonly revision: string;
}

/** A started service as its users meet it, and its database as its operator does. */
export class RunningApi {
  readonly #folder: ServiceFolder;

  constructor(folder: ServiceFolder) {
    this.#folder = folder;
  }

  get runtime(): { url: string; databaseUrl: string; chainRpcUrl: string } {
    return JSON.parse(readFileSync(join(this.#folder.path, 'runtime.json'), 'utf8')) as {
      url: string;
      databaseUrl: string;
      chainRpcUrl: string;
    };
  }

  get token(): string {
    return readFileSync(join(this.#folder.path, 'api-key'), 'utf8').trim();
  }

  async post(path: string, key: string, body: object): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json', 'idempotency-key': key };
    const answer = await fetch(`${this.runtime.url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Answer;
  }

  charge(account: string, number: number): Promise<Answer> {
    const body = { amount: '0.01', currency: 'EUR', product: 'tv', description: `Charge ${number}` };
    return this.post(`accounts/${account}/charges`, `charge-${number}`, body);
  }

  /** Size and root of the published head, once it covers so many leaves. */
  async head(sizeMin = 1n): Promise<{ size: bigint; root: string }> {
    for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
      const answer = await fetch(`${this.runtime.url}/logs/demo/checkpoint`);
      const [, size = '0', root = ''] = answer.ok ? (await answer.text()).split('\n') : [];
      if (BigInt(size) >= sizeMin) return { size: BigInt(size), root };
      if (Date.now() > deadline) throw new Error(`The head is still of ${size} leaves.`);
    }
  }

  async rootAt(size: bigint): Promise<string> {
    const pool = createPool({ url: this.runtime.databaseUrl, connectionsMax: 1 });
    try {
      return (await new LogQuery(new PostgresLeafStore(pool), new PostgresHeadStore(pool)).rootAt('demo', size)).toString('base64');
    } finally {
      await pool.end();
    }
  }
}
