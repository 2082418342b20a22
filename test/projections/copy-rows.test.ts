import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { copyRows, copyText } from '../../projections/sql/copy-rows.ts';
import { createPool } from '../../services/read-store/pool.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl, connectionsMax: 1 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() => pool.query('drop table if exists line; create table line (number integer primary key, text text not null)'));

async function copy(texts: readonly string[]): Promise<void> {
  const client = await pool.connect();
  try {
    const rows = texts.map((text, number) => `${number}\t${copyText(text)}\n`).join('');
    await copyRows(client, { table: 'line', columns: 'number, text', rows });
  } finally {
    client.release();
  }
}

async function stored(): Promise<string[]> {
  return (await pool.query<{ text: string }>('select text from line order by number')).rows.map(({ text }) => text);
}

describe('copying rows', () => {
  it('stores any text as it is', async () => {
    const special = ['', '\\N', '\\.', 'a\tb', 'a\nb', 'a\r\nb', '\\t', '\\', 'é€😀', ' ', '"\''];
    await copy(special);
    expect(await stored()).toEqual(special);
  });

  it('stores random text as it is', async () => {
    const text = fc.string({ unit: fc.constantFrom('\\', '\t', '\n', '\r', 'N', '.', 'a', '€', '\b') });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (texts) => {
        await pool.query('truncate line');
        await copy(texts);
        expect(await stored()).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });

  it('stores all or nothing, and leaves the connection fit for use', async () => {
    await pool.query("insert into line values (1, 'was there')");
    await expect(copy(['new', 'taken', 'new'])).rejects.toMatchObject({ code: '23505' });
    await pool.query('drop table line');
    await expect(copy(Array.from({ length: 50_000 }, () => 'no such table'))).rejects.toMatchObject({ code: '42P01' });
    await pool.query('create table line (number integer primary key, text text not null)');
    await copy(['new']);
    expect(await stored()).toEqual(['new']);
  });

  it('keeps its turn among the other statements of a client', async () => {
    const client = await pool.connect();
    const copied = (number: number) => copyRows(client, { table: 'line', columns: 'number, text', rows: `${number}\tx\n` });
    const count = () => client.query<{ count: bigint }>('select count(*) from line');
    const [, before, , after] = await Promise.all([copied(1), count(), copied(2), count()]);
    client.release();
    expect([before.rows[0]?.count, after.rows[0]?.count]).toEqual([1n, 2n]);
  });

  it('fails when the connection is cut', async () => {
    const client = await pool.connect();
    const copying = copyRows(client, { table: 'line', columns: 'number, text', rows: '1\tx\n'.repeat(100_000) });
    client.on('error', () => undefined);
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await expect(copying).rejects.toThrow();
    client.release(true);
  });
});
