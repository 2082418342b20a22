import { hash } from 'node:crypto';
import { stateEntryOf } from '../services/integrity/domain/committed-state.ts';
import { StateMap } from '../services/integrity/domain/state-map.ts';
import type { StateEntry } from '../services/integrity/domain/state-nodes.ts';
import { type BenchContext, percentile } from './report.ts';

const changes = 100;
const smallerSizes = [1_000, 32_000];
const rounds = 3;
const changeRounds = 30;
/** A map of n random keys has about 1.44 n branches. */
const nodesPerBalance = 2.44;

/**
 * The root of 1,000,000 balances from their entries, as a first round needs it after a restart; the baseline is the bare hashing of as many
 * nodes. And what every round needs: the root after 100 balances changed, one by one, in maps of a thousand balances and more; the
 * baseline is the bare hashing of log2 n nodes for each. Option: how many balances.
 */
export function run({ report, options }: BenchContext): Promise<void> {
  const count = Number(options[0] ?? 1_000_000);
  const entries = Array.from({ length: count }, (_, index) => entryOf(index, 0n));
  const [bare, whole]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    bare.push(elapsedMs(() => hashNodes(count * nodesPerBalance)));
    whole.push(elapsedMs(() => StateMap.empty.with(entries)));
  }
  report({ name: 'state-map.root', figure: percentile(whole, 0.5), unit: 'ms', baseline: percentile(bare, 0.5) });
  for (const size of [...smallerSizes.filter((smaller) => smaller < count), count]) reportChanges(report, entries.slice(0, size));
  return Promise.resolve();
}

function reportChanges(report: BenchContext['report'], entries: readonly StateEntry[]): void {
  const [bare, changed]: [number[], number[]] = [[], []];
  let map = StateMap.empty.with(entries);
  for (let round = 0; round < changeRounds; round++) {
    bare.push(elapsedMs(() => hashNodes(changes * Math.log2(entries.length))));
    const later = Array.from({ length: changes }, (_, index) => entryOf((index * 7919) % entries.length, BigInt(round)));
    changed.push(elapsedMs(() => later.forEach((entry) => (map = map.with([entry])))));
  }
  const name = `state-map.${changes}-changes.${entries.length}`;
  report({ name, figure: percentile(changed, 0.5), unit: 'ms', baseline: percentile(bare, 0.5) });
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
