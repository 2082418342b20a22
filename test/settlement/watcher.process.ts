/* A watcher in a process of its own, which may be killed: `node watcher.process.ts <node> <database>`. Its ledger is the parent's. */
import { createPool } from '../../services/read-store/pool.ts';
import { PostgresWatcherStore } from '../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import type { EffectStanding, SettlementLedger } from '../../services/settlement/application/settlement-ledger.ts';
import { scriptedChainOf, watchOf } from '../support/watched-chain.ts';

const [nodeUrl, databaseUrl] = process.argv.slice(2) as [string, string];
const waiting = new Map<number, (result: never) => void>();
process.on('message', ({ id, result }: { id: number; result: never }) => waiting.get(id)?.(result));

function tell<Result>(method: string, ...values: unknown[]): Promise<Result> {
  const id = waiting.size + 1;
  const text = JSON.stringify({ id, method, values }, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  process.send?.(JSON.parse(text));
  return new Promise((resolve) => waiting.set(id, resolve));
}

const ledger: SettlementLedger = {
  take: (effect, heads) => tell<EffectStanding>('take', effect, heads),
  reorged: (effect) => tell<void>('reorged', effect),
  mandatesRevoked: (ends) => tell<void>('mandatesRevoked', ends),
};

const pool = createPool({ url: databaseUrl });
const watch = watchOf(scriptedChainOf([nodeUrl]), { store: new PostgresWatcherStore(pool), ledger });
await watch.look();
await watch.look();
await pool.end();
process.disconnect();
