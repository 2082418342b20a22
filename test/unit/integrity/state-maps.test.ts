import { describe, expect, it } from '@jest/globals';
import type { FoldStore } from '../../../services/integrity/application/fold-store.ts';
import { StateMaps } from '../../../services/integrity/application/state-maps.ts';
import { StateMap } from '../../../services/integrity/domain/state-map.ts';
import { hashTextOf } from '../../../services/integrity/domain/state-map-hash.ts';

const nothing = {} as FoldStore;

function mapOf(balances: number): StateMap {
  const entries = Array.from({ length: balances }, (_, index) => ({ key: hashTextOf(`key ${index}`), valueHash: hashTextOf('value') }));
  return StateMap.empty.with(entries);
}

/** Commitments to these sizes, one after the other. */
function committedTo(maps: StateMaps, ...sizes: readonly number[]): void {
  for (const size of sizes) maps.committedTo('north', { map: mapOf(3), uptoSize: BigInt(size), committedRevision: BigInt(size) });
}

const sizesOf = (maps: StateMaps) => maps.earlier('north').map(({ uptoSize }) => Number(uptoSize));

describe('maps of earlier commitments', () => {
  it('are kept newest first, and not for other logs', () => {
    const maps = new StateMaps(nothing);
    committedTo(maps, 10, 20, 20, 30);
    expect([sizesOf(maps), maps.earlier('south')]).toEqual([[20, 10], []]);
    expect(maps.earlier('north')[0]?.map.root()).toBe(mapOf(3).root());
  });

  it('are forgotten once a newer one is final, and after a restore', () => {
    const maps = new StateMaps(nothing);
    committedTo(maps, 10, 20, 30, 40);
    maps.forgetBefore('north', maps.earlier('north')[1] as never);
    expect(sizesOf(maps)).toEqual([30, 20]);
    committedTo(maps, 25);
    expect(sizesOf(maps)).toEqual([20]);
  });

  it('take no more room than the maps of other logs: the oldest stay, one of which is final first', () => {
    const maps = new StateMaps(nothing, 24);
    committedTo(maps, 10, 20, 30, 40, 50, 60, 70);
    expect(sizesOf(maps)).toEqual([30, 20, 10]);
    const small = new StateMaps(nothing, 4);
    committedTo(small, 10, 20, 30, 40);
    expect(sizesOf(small)).toEqual([20, 10]);
  });
});
