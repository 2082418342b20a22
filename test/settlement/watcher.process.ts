/*
 * A watcher in a process of its own: `node watcher.process.ts <node> <database> [<call> before|begun]`. Its ledger is the parent's. At this call of
 * all its ports it kills itself: before anything of it was done, or when it is on its way and nobody knows how it ends.
 */
import { createPool } from '../../services/read-store/pool.ts';
import { PostgresWatcherStore } from '../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import type { EffectStanding, SettlementLedger } from '../../services/settlement/application/watching/settlement-ledger.ts';
import { impatientRpc, scriptedChainOf, watchOf } from '../support/watched-chain.ts';

const [nodeUrl, databaseUrl, killedAt, when] = process.argv.slice(2) as [string, string, string?, string?];
const waiting = new Map<number, (result: never) => void>();
process.on('message', ({ id, result }: { id: number; result: never }) => waiting.get(id)?.(result));

function tell<Result>(method: string, ...values: unknown[]): Promise<Result> {
  const id = waiting.size + 1;
  const text = JSON.stringify({ id, method, values }, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  process.send?.(JSON.parse(text));
  return new Promise((resolve) => waiting.set(id, resolve));
}

const ledger: SettlementLedger = {
  providers: async () => [],
  lastSlot: async () => 0n,
  take: (effect, heads) => tell<EffectStanding>('take', effect, heads),
  reorged: (effect) => tell<void>('reorged', effect),
  mandatesRevoked: (ends) => tell<void>('mandatesRevoked', ends),
};

let calls = 0;
const die = (): unknown => process.kill(process.pid, 'SIGKILL');

function mortal<Port extends object>(port: Port): Port {
  const get = (target: Port, name: string | symbol): unknown => {
    const member = Reflect.get(target, name) as unknown;
    if (typeof member !== 'function') return member;
    return (...values: unknown[]) => {
      const isLast = String(++calls) === killedAt;
      if (isLast && when === 'before') die();
      const result = Reflect.apply(member, target, values) as unknown;
      if (isLast) setImmediate(die);
      return result;
    };
  };
  return new Proxy(port, { get });
}

const pool = createPool({ url: databaseUrl });
const ports = { store: mortal(new PostgresWatcherStore(pool)), ledger: mortal(ledger), nodes: [mortal(impatientRpc(nodeUrl))] };
const watch = watchOf(scriptedChainOf([nodeUrl]), ports);
await watch.look();
await watch.look();
await pool.end();
process.disconnect();
