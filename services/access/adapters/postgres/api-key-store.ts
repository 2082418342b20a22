import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { POOL } from '../../../read-store/pool.ts';
import type { ApiKeyStore, IssuedKey, StoredApiKey } from '../../application/api-key.ts';
import type { Role } from '../../application/principal.ts';

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

  async issued(provider: string, role: Role): Promise<IssuedKey[]> {
    const { rows } = await this.#pool.query<IssuedRow>(
      `select ${issuedColumns} from access_api_key where provider = $1 and role = $2 order by created_at, id`,
      [provider, role],
    );
    return rows.map(issuedOf);
  }

  async revoke({ id, provider, role }: Pick<StoredApiKey, 'id' | 'provider' | 'role'>): Promise<IssuedKey | undefined> {
    const { rows } = await this.#pool.query<IssuedRow>(
      `update access_api_key
          set revoked_at = coalesce(revoked_at, clock_timestamp())
        where id = $1 and provider = $2 and role = $3
       returning ${issuedColumns}`,
      [id, provider, role],
    );
    return rows[0] && issuedOf(rows[0]);
  }
}

interface IssuedRow {
  readonly id: string;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

const issuedColumns = 'id, created_at, revoked_at';

function issuedOf({ id, created_at: createdAt, revoked_at: revokedAt }: IssuedRow): IssuedKey {
  return { id, createdAt, revokedAt: revokedAt ?? undefined };
}
