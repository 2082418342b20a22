import pg from 'pg';

/** Every row of every table of a database as text, as a dump would have it; `bytea` in hex. Temporary tables of others are in no dump. */
export async function everythingIn(ownerUrl: string): Promise<Map<string, string>> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query("set bytea_output = 'hex'");
    const { rows: tables } = await client.query<{ name: string }>(`
      select format('%I.%I', schemaname, tablename) as name
        from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') and not starts_with(schemaname, 'pg_temp')
       order by 1`);
    const everything = new Map<string, string>();
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select whole::text as row from ${name} as whole`);
      everything.set(name, rows.map(({ row }) => row).join('\n'));
    }
    return everything;
  } finally {
    await client.end();
  }
}

/** The ways in which a text could stand in a dump: as it is, in hex, and in base64 at any offset. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((offset) => {
    const from = Math.ceil((offset * 8) / 6);
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(from, encoded.length - 1);
  });
  return [text, bytes.toString('hex'), ...base64];
}
