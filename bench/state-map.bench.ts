import { hash } from 'node:crypto';
import { stateEntryOf } from '../services/integrity/domain/committed-state.ts';
import { StateMap } from '../services/integrity/domain/state-map.ts';
import { type BenchContext, percentile } from './report.ts';

const balances = 100_000;
const changes = 100;
const rounds = 5;

/**
 * Builds the map of 100,000 balances from nothing, as a first round does after a restart, and changes 100 of them, as every round does.
 * The baseline is the bare hashing of as many entries and branches: two hashes an entry of its key and value, one of each node.
 */
export function run({ report }: BenchContext): Promise<void> {
  const all = Array.from({ length: balances }, (_, index) => balanceOf(index, 0n));
  const some = all.slice(0, changes).map((_, index) => balanceOf(index, 1_000_000n));
  const bare: number[] = [];
  const built: number[] = [];
  const changed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(elapsedMs(() => bareHashing(all.length)));
    let map = StateMap.empty;
    built.push(elapsedMs(() => (map = map.with(all.map(stateEntryOf)))));
    changed.push(elapsedMs(() => map.with(some.map(stateEntryOf))));
  }
  const perSecond = (count: number, ms: readonly number[]) => (count * 1000) / percentile(ms, 0.5);
  report({ name: 'state-map.build', figure: perSecond(balances, built), unit: 'balances/s', baseline: perSecond(balances, bare) });
  report({ name: 'state-map.change', figure: percentile(changed, 0.5), unit: 'ms' });
  return Promise.resolve();
}

function balanceOf(index: number, leaf: bigint) {
  return { account: `liability:wallet:acc_${index}:money`, currency: 'EUR', balance: BigInt(index) * 10_000n, leaf };
}

function bareHashing(count: number): void {
  const text = 'x'.repeat(80);
  const node = Buffer.alloc(65);
  for (let index = 0; index < count; index++) {
    hash('sha256', text);
    hash('sha256', text);
    hash('sha256', node);
    hash('sha256', node);
  }
}

function elapsedMs(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
