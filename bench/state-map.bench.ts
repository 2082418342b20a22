import { hash } from 'node:crypto';
import { stateEntryOf } from '../services/integrity/domain/committed-state.ts';
import { StateMap } from '../services/integrity/domain/state-map.ts';
import { type BenchContext, percentile } from './report.ts';

const changes = 100;
const rounds = 3;
/** A map of n random keys has about 1.44 n branches. */
const nodesPerBalance = 2.44;

/**
 * The root of 1,000,000 balances from their entries, as a first round needs it after a restart, and after 100 of them changed, as every
 * round needs it. The baseline is the bare hashing of as many nodes. Option: how many balances.
 */
export function run({ report, options }: BenchContext): Promise<void> {
  const count = Number(options[0] ?? 1_000_000);
  const entries = Array.from({ length: count }, (_, index) => entryOf(index, 0n));
  const changed = Array.from({ length: changes }, (_, index) => entryOf(index, 1_000_000n));
  const [bare, whole, some]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    bare.push(elapsedMs(() => hashNodes(count * nodesPerBalance)));
    let map = StateMap.empty;
    whole.push(elapsedMs(() => (map = map.with(entries))));
    some.push(elapsedMs(() => map.with(changed)));
  }
  report({ name: 'state-map.root', figure: percentile(whole, 0.5), unit: 'ms', baseline: percentile(bare, 0.5) });
  report({ name: `state-map.${changes}-changes`, figure: percentile(some, 0.5), unit: 'ms' });
  return Promise.resolve();
}

function entryOf(index: number, leaf: bigint) {
  return stateEntryOf({ account: `liability:wallet:acc_${index}:money`, currency: 'EUR', balance: BigInt(index) * 10_000n, leaf });
}

function hashNodes(count: number): void {
  const node = Buffer.alloc(65);
  for (let index = 0; index < count; index++) hash('sha256', node, 'binary');
}

function elapsedMs(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
