import type { ClientBase } from 'pg';
import type { Difference } from './part.ts';

export interface TablesToCompare {
  /** Of the service, in schema `tallyroot`; the same name without a schema is what was built again. */
  readonly table: string;
  /** Only rows in which this column has this value. */
  readonly only?: { readonly column: string; readonly value: string } | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** Compares a table with what was built again, in one statement, and so on one state of both. Answers the first difference by primary key. */
export async function rowDifference(client: ClientBase, { table, only }: TablesToCompare): Promise<Difference | undefined> {
  const shape = await shapeDifference(client, table);
  if (shape !== undefined) return shape;
  await client.query(`analyze ${table}`);
  const key = await keyOf(client, table);
  const where = only === undefined ? '' : `where ${only.column} = $1`;
  const { rows } = await client.query<{ found: Row | null; expected: Row | null }>(
    `select to_jsonb(found) as found, to_jsonb(expected) as expected
       from (select * from tallyroot.${table} ${where}) as found
       full join (select * from ${table} ${where}) as expected using (${key.join(', ')})
      where found is distinct from expected
      order by ${key.join(', ')}
      limit 1`,
    only === undefined ? [] : [only.value],
  );
  const [row] = rows;
  return row && differenceOf({ table, key, columns: await writtenColumns(client, table) }, row);
}

export async function countRows(client: ClientBase, { table, only }: TablesToCompare): Promise<bigint> {
  const { rows } = await client.query<{ count: bigint }>(
    `select count(*) as count from tallyroot.${table} ${only === undefined ? '' : `where ${only.column} = $1`}`,
    only === undefined ? [] : [only.value],
  );
  return rows[0]?.count ?? 0n;
}

interface ComparedTable {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

function differenceOf(
  { table, key, columns }: ComparedTable,
  { found, expected }: { found: Row | null; expected: Row | null },
): Difference {
  const row = found ?? expected ?? {};
  const at = { table, key: key.map((column) => textOf(row[column])).join(', ') };
  if (found === null) return { message: 'a row is missing', at, expected: JSON.stringify(expected) };
  if (expected === null) return { message: 'a row is there that no event makes', at, found: JSON.stringify(found) };
  const column = columns.find((name) => JSON.stringify(found[name]) !== JSON.stringify(expected[name])) ?? '';
  return { message: 'a row is another one', at: { ...at, column }, expected: textOf(expected[column]), found: textOf(found[column]) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** A table that is not there, or has other columns, is not compared row by row. */
async function shapeDifference(client: ClientBase, table: string): Promise<Difference | undefined> {
  const { rows } = await client.query<{ expected: string; found: string | null }>(
    `select (select string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
               from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped) as expected,
            (select string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
               from pg_attribute where attrelid = to_regclass($2) and attnum > 0 and not attisdropped) as found`,
    [table, `tallyroot.${table}`],
  );
  const { expected = '', found = null } = rows[0] ?? {};
  if (found === expected) return undefined;
  return {
    message: found === null ? 'a table is missing' : 'a table has other columns',
    at: { table },
    expected,
    found: found ?? undefined,
  };
}

/** The columns of the primary key, in its order. */
async function keyOf(client: ClientBase, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ attname: string }>(
    `select attname
       from pg_index
       cross join unnest(indkey) with ordinality as part (attnum, place)
       join pg_attribute on attrelid = indrelid and pg_attribute.attnum = part.attnum
      where indrelid = $1::regclass and indisprimary
      order by place`,
    [table],
  );
  return rows.map(({ attname }) => attname);
}

/** Those that the server does not compute from others, in their order. */
async function writtenColumns(client: ClientBase, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ attname: string }>(
    `select attname from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [table],
  );
  return rows.map(({ attname }) => attname);
}
