import pg from 'pg';

/** Nest injection token of the service's pool (`pg.Pool`). */
export const POOL = Symbol('Pool');

const int8 = 20;
const int8Array = 1016;

/** Reads `bigint` columns as bigint: positions and counts never pass through a double. Everything else as `pg` does. */
export const bigintTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary' && oid === int8) return BigInt;
    if (format !== 'binary' && oid === int8Array) return parseBigintArray;
    return parserOf(oid, format);
  },
};

/** Typed by hand: `pg` describes its own parsers as taking a closed list of types and answering anything. */
const parserOf = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => (text: string) => unknown;

function parseBigintArray(text: string): bigint[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt);
}

export interface PoolSettings {
  /** `postgres://user:password@host:port/database`, of the service's role. */
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  readonly connectionsMax?: number;
  /** A query that takes longer fails, and its connection is dropped: a server that fell silent would hold it for ever. */
  readonly queryTimeoutMs?: number;
  /** Postgres refuses to write in transactions that do not ask for it, temporary tables aside. */
  readonly isReadOnly?: boolean;
  /** Where unqualified names lie; `tallyroot` when absent. `pg_temp` for tables that end with their connection. */
  readonly schema?: string;
  /** A connection that nobody uses for so long is closed: 10 s when absent, never with 0. */
  readonly idleMsMax?: number;
}

/** The pool of the service: unqualified names are tables of schema `tallyroot`. The caller ends it. */
export function createPool(settings: PoolSettings): pg.Pool {
  const { url, applicationName = 'tallyroot', connectionsMax = 20, queryTimeoutMs, isReadOnly, schema = 'tallyroot', idleMsMax } = settings;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max: connectionsMax,
    connectionTimeoutMillis: Math.min(10_000, queryTimeoutMs ?? Infinity),
    ...(queryTimeoutMs !== undefined && { query_timeout: queryTimeoutMs }),
    ...(idleMsMax !== undefined && { idleTimeoutMillis: idleMsMax }),
    options: `-c search_path=${schema}${isReadOnly === true ? ' -c default_transaction_read_only=on' : ''}`,
    types: bigintTypes,
  });
  // An idle connection that the server closes is replaced at the next query; without a listener it would end the process. One that is in
  // use tells its user by the query that fails, but it would end the process all the same.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
