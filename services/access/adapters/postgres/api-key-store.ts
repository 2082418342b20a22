import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { POOL } from '../../../read-store/pool.ts';
import type { ApiKeyStore, StoredApiKey } from '../../application/api-key.ts';

@Injectable()
export class PostgresApiKeyStore implements ApiKeyStore {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  async find(id: string): Promise<StoredApiKey | undefined> {
    const { rows } = await this.#pool.query<StoredApiKey>(
      `select id, provider, role, account, token_hash as "tokenHash"
         from access_api_key
        where id = $1 and revoked_at is null`,
      [id],
    );
    return rows[0];
  }

  async save({ id, provider, role, account, tokenHash }: StoredApiKey): Promise<void> {
    await this.#pool.query(
      `insert into access_api_key (id, provider, role, account, token_hash)
       values ($1, $2, $3, $4, $5)
       on conflict (id) do nothing`,
      [id, provider, role, account, tokenHash],
    );
  }
}
