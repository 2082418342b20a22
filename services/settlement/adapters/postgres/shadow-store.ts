import { createPool } from '../../../read-store/pool.ts';
import type { WatcherStore } from '../../application/watching/watcher-store.ts';
import { PostgresWatcherStore } from './postgres.watcher-store.ts';

const tables = ['cursor', 'block', 'log', 'word', 'balance', 'reading'].map((name) => `settlement_watch_${name}`);

/** A store that is empty at first and gone at the end. */
export interface ShadowStore {
  readonly store: WatcherStore;
  close(): Promise<void>;
}

/**
 * Temporary tables of the same form as those of the watcher, on one connection that is kept. No name leads from there to the watcher's own
 * tables: should the connection break, what follows fails.
 */
export async function openShadowStore(databaseUrl: string): Promise<ShadowStore> {
  const pool = createPool({ url: databaseUrl, applicationName: 'tallyroot resync', connectionsMax: 1, schema: 'pg_temp', idleMsMax: 0 });
  try {
    await pool.query(tables.map((table) => `create temp table ${table} (like tallyroot.${table} including all)`).join('; '));
    return { store: new PostgresWatcherStore(pool), close: () => pool.end() };
  } catch (error) {
    await pool.end();
    throw error;
  }
}
