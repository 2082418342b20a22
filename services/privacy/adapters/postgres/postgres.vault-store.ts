import type { Pool } from 'pg';
import type { SubjectName, VaultRow, VaultStore, WrappedKey } from '../../application/vault-store.ts';

interface KeyRow {
  readonly wrapping_key: string | null;
  readonly wrapped_key: Buffer | null;
}

const rowColumns = 'event_id as event, subject, stream, nonce, sealed';

/** Tables `personal_data_key` and `personal_data`. Every statement is a transaction of its own that waits for the disk. */
export class PostgresVaultStore implements VaultStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async key({ provider, subject }: SubjectName): Promise<WrappedKey | 'destroyed' | undefined> {
    const { rows } = await this.#pool.query<KeyRow>({
      name: 'vault_key',
      text: 'select wrapping_key, wrapped_key from personal_data_key where provider = $1 and subject = $2',
      values: [provider, subject],
    });
    return rows[0] && keyOf(rows[0]);
  }

  async addKey(name: SubjectName, { wrappingKey, bytes }: WrappedKey): Promise<WrappedKey | 'destroyed'> {
    await this.#pool.query({
      name: 'vault_add_key',
      text: `
        insert into personal_data_key (provider, subject, wrapping_key, wrapped_key)
        values ($1, $2, $3, $4)
        on conflict (provider, subject) do nothing`,
      values: [name.provider, name.subject, wrappingKey, bytes],
    });
    return (await this.key(name)) as WrappedKey | 'destroyed'; // A row never goes away.
  }

  /** Key first: a crash before the rows are deleted leaves what nobody can read. */
  async destroyKey({ provider, subject }: SubjectName): Promise<void> {
    await this.#pool.query({
      name: 'vault_destroy_key',
      text: `
        insert into personal_data_key (provider, subject, destroyed_at)
        values ($1, $2, now())
        on conflict (provider, subject) do update
          set wrapping_key = null, wrapped_key = null, destroyed_at = coalesce(personal_data_key.destroyed_at, now())`,
      values: [provider, subject],
    });
    await this.#pool.query({
      name: 'vault_delete_subject',
      text: 'delete from personal_data where provider = $1 and subject = $2',
      values: [provider, subject],
    });
  }

  /** The lock on the key makes a destruction wait for the row, and a writer that comes after it find no key. */
  async keep({ provider, subject }: SubjectName, { event, stream, nonce, sealed }: VaultRow): Promise<VaultRow | undefined> {
    const { rows } = await this.#pool.query<VaultRow>({
      name: 'vault_keep',
      text: `
        with held as (
          select provider, subject
            from personal_data_key
           where provider = $1 and subject = $2 and destroyed_at is null
             for share
        )
        insert into personal_data (event_id, subject, provider, stream, nonce, sealed)
        select $3, subject, provider, $4, $5, $6 from held
        on conflict (event_id, subject) do update set kept_at = now()
        returning ${rowColumns}`,
      values: [provider, subject, event, stream, nonce, sealed],
    });
    return rows[0];
  }

  async find(event: string, subject: string): Promise<VaultRow | undefined> {
    const { rows } = await this.#pool.query<VaultRow>({
      name: 'vault_find',
      text: `select ${rowColumns} from personal_data where event_id = $1 and subject = $2`,
      values: [event, subject],
    });
    return rows[0];
  }

  async subjects(provider: string, after: string, limit: number): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ readonly subject: string }>({
      name: 'vault_subjects',
      text: `
        select subject
          from personal_data_key
         where provider = $1 and subject > $2 and destroyed_at is null
         order by subject
         limit $3`,
      values: [provider, after, limit],
    });
    return rows.map(({ subject }) => subject);
  }

  async deleteRows({ provider, subject }: SubjectName, events: readonly string[]): Promise<void> {
    await this.#pool.query({
      name: 'vault_delete_rows',
      text: 'delete from personal_data where provider = $1 and subject = $2 and event_id = any($3::uuid[])',
      values: [provider, subject, events],
    });
  }

  async unconfirmed(keptBefore: Date, limit: number): Promise<readonly VaultRow[]> {
    const { rows } = await this.#pool.query<VaultRow>({
      name: 'vault_unconfirmed',
      text: `
        select ${rowColumns}
          from personal_data
         where kept_at < $1 and not is_written
         order by kept_at
         limit $2`,
      values: [keptBefore, limit],
    });
    return rows;
  }

  async confirm(rows: readonly VaultRow[]): Promise<void> {
    await this.#pool.query({
      name: 'vault_confirm',
      text: 'update personal_data set is_written = true where event_id = any($1::uuid[])',
      values: [rows.map(({ event }) => event)],
    });
  }

  async deleteUnneeded({ event, subject }: VaultRow, keptBefore: Date): Promise<void> {
    await this.#pool.query({
      name: 'vault_delete_unneeded',
      text: 'delete from personal_data where event_id = $1 and subject = $2 and kept_at < $3',
      values: [event, subject, keptBefore],
    });
  }

  async keysUnder(wrappingKey: string, limit: number): Promise<readonly (SubjectName & { readonly key: WrappedKey })[]> {
    const { rows } = await this.#pool.query<SubjectName & KeyRow>({
      name: 'vault_keys_under',
      text: 'select provider, subject, wrapping_key, wrapped_key from personal_data_key where wrapping_key = $1 limit $2',
      values: [wrappingKey, limit],
    });
    return rows.map((row) => ({ provider: row.provider, subject: row.subject, key: keyOf(row) as WrappedKey }));
  }

  async rewrap({ provider, subject }: SubjectName, from: WrappedKey, to: WrappedKey): Promise<void> {
    await this.#pool.query({
      name: 'vault_rewrap',
      text: `
        update personal_data_key
           set wrapping_key = $3, wrapped_key = $4
         where provider = $1 and subject = $2 and wrapped_key = $5`,
      values: [provider, subject, to.wrappingKey, to.bytes, from.bytes],
    });
  }
}

function keyOf({ wrapping_key: wrappingKey, wrapped_key: bytes }: KeyRow): WrappedKey | 'destroyed' {
  return wrappingKey === null || bytes === null ? 'destroyed' : { wrappingKey, bytes };
}
