import type { Pool, PoolClient } from 'pg';
import { createPool } from '../../read-store/pool.ts';

/**
 * A session with temporary tables, in which everything is built again that the databases hold derived. They have the names of the tables of
 * the service and take their place for every statement that names them without a schema; the tables of the service are `tallyroot.<name>`
 * here. Postgres itself refuses to write to those: every transaction but that of `define` is read only, which temporary tables do not mind.
 */
export class Scratch {
  readonly client: PoolClient;
  readonly #pool: Pool;
  #isInTransaction = false;

  private constructor(pool: Pool, client: PoolClient) {
    this.#pool = pool;
    this.client = client;
  }

  static async open(databaseUrl: string): Promise<Scratch> {
    const pool = createPool({ url: databaseUrl, applicationName: 'tallyroot fsck', connectionsMax: 1, isReadOnly: true });
    try {
      const client = await pool.connect();
      await client.query('set search_path = pg_temp; set client_min_messages = warning');
      return new Scratch(pool, client);
    } catch (error) {
      await pool.end();
      throw error;
    }
  }

  /** Makes temporary tables, indexes and views. */
  async define(sql: string): Promise<void> {
    await this.#transaction('begin read write', () => this.client.query(sql));
  }

  /** Makes an empty temporary table of the same form as one of the service. */
  async copyForm(...tables: readonly string[]): Promise<void> {
    const statements = tables.map(
      (table) => `drop table if exists ${table}; create temp table ${table} (like tallyroot.${table} including all)`,
    );
    await this.define(statements.join('; '));
  }

  /**
   * Runs work on one state of the database. Kept short: while it lasts the server keeps every old version of every row, and the rows that
   * the service writes all the time (heads, checkpoints) become slow to read.
   */
  async inSnapshot<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#transaction('begin isolation level repeatable read read only', work);
  }

  /** Runs work that leaves nothing behind if it fails, within a snapshot or without one. */
  async atomically<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.#isInTransaction) return this.#transaction('begin read only', work);
    await this.client.query('savepoint attempt');
    try {
      return await work();
    } catch (error) {
      await this.client.query('rollback to attempt');
      throw error;
    } finally {
      await this.client.query('release attempt');
    }
  }

  async close(): Promise<void> {
    this.client.release(true);
    await this.#pool.end();
  }

  /** Keeps what was written, which is only ever of this session. */
  async #transaction<Result>(begin: string, work: () => Promise<Result>): Promise<Result> {
    await this.client.query(begin);
    this.#isInTransaction = true;
    let end = 'rollback';
    try {
      const result = await work();
      end = 'commit';
      return result;
    } finally {
      this.#isInTransaction = false;
      await this.client.query(end);
    }
  }
}
