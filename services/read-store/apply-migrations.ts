import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { projectRoot } from './project-root.ts';

/** A migration was changed after it had been applied, or two have the same number. Nothing more was applied. */
export class MigrationDefect extends Error {
  override readonly name = 'MigrationDefect';
}

interface Migration {
  /** The file's name: `0001-projection-checkpoint.sql`. Names order the migrations and are never reused. */
  readonly name: string;
  readonly sql: string;
  readonly digest: string;
}

const namePattern = /^\d{4}-[a-z0-9-]+\.sql$/;

/**
 * Applies what the folder holds and the schema does not have yet, in order of the names, each in a transaction of its own together with
 * its record in table `migration` of that schema. Forward only: a file that was applied never changes. The caller holds the lock
 * that keeps a second runner out. Answers the names it applied.
 */
export async function applyMigrations(client: pg.ClientBase, { schema, folder }: { schema: string; folder: string }): Promise<string[]> {
  const migrations = migrationsIn(folder);
  await client.query(`
    create table if not exists ${schema}.migration (
      name text not null primary key,
      digest text not null,
      applied_at timestamptz not null default now()
    )`);
  const { rows } = await client.query<{ name: string; digest: string }>(`select name, digest from ${schema}.migration`);
  const applied = new Map(rows.map(({ name, digest }) => [name, digest]));
  const fresh: string[] = [];
  for (const migration of migrations) {
    const digest = applied.get(migration.name);
    if (digest === undefined) {
      await applyOne(client, schema, migration);
      fresh.push(migration.name);
    } else if (digest !== migration.digest)
      throw new MigrationDefect(`${migration.name} was changed after it had been applied to schema ${schema}.`);
  }
  return fresh;
}

async function applyOne(client: pg.ClientBase, schema: string, { name, sql, digest }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query(`insert into ${schema}.migration (name, digest) values ($1, $2)`, [name, digest]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`Migration ${name} of schema ${schema} failed.`, { cause: error });
  }
}

/** `folder` is relative to the project's root. */
function migrationsIn(folder: string): Migration[] {
  const path = join(projectRoot(import.meta.dirname), folder);
  const names = readdirSync(path)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const numbers = new Set(names.map((name) => name.slice(0, 4)));
  const wrong = names.find((name) => !namePattern.test(name));
  if (wrong !== undefined) throw new MigrationDefect(`${wrong} is not named like 0001-some-words.sql.`);
  if (numbers.size !== names.length) throw new MigrationDefect(`Two migrations in ${folder} have the same number.`);
  return names.map((name) => {
    const sql = readFileSync(join(path, name), 'utf8');
    return { name, sql, digest: hash('sha256', sql, 'hex') };
  });
}
