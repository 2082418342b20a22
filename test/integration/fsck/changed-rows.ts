import type pg from 'pg';

export interface RowsToChange {
  /** Of schema `tallyroot`. */
  readonly table: string;
  /** Selects the rows both before and after the change. */
  readonly where: string;
  /** What somebody does to them behind the service. */
  readonly change: string;
}

/** A change, and how it is to be named. */
export interface Changed extends RowsToChange {
  readonly name: string;
  /** What differs, and where; the first difference first. */
  readonly differs: readonly [part: string, at: Readonly<Record<string, string>>][];
}

/** Changes rows as somebody does who has the database, and puts back what was there when the work is done. */
export async function withChangedRows<Result>(owner: pg.Client, rows: RowsToChange, work: () => Promise<Result>): Promise<Result> {
  const { table, where, change } = rows;
  const columns = await writtenColumns(owner, table);
  await owner.query(`create temp table kept as select ${columns} from ${table} where ${where}`);
  const { rowCount } = await owner.query(change);
  if (rowCount === 0) throw new Error(`${change} changes nothing.`);
  try {
    return await work();
  } finally {
    await owner.query(`delete from ${table} where ${where}`);
    await owner.query(`insert into ${table} (${columns}) select ${columns} from kept`);
    await owner.query('drop table kept');
  }
}

/** Those that the server does not compute. */
async function writtenColumns(owner: pg.Client, table: string): Promise<string> {
  const { rows } = await owner.query<{ columns: string }>(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as columns
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  return rows[0]?.columns ?? '';
}

/** SQL that turns one bit of a `bytea` over. */
export function flipped(column: string, byte: number): string {
  return `set_byte(${column}, ${byte}, get_byte(${column}, ${byte}) # 1)`;
}
