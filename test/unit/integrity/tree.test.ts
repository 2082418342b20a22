import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GrowingTree, type Tile } from '../../../services/integrity/domain/tree/growing-tree.ts';
import { leafOfText } from '../../../services/integrity/domain/tree/node-hash.ts';
import { consistencyShape, inclusionShape } from '../../../services/integrity/domain/tree/proof-shape.ts';
import { SmallTree } from '../../../services/integrity/domain/tree/small-tree.ts';
import { rootOfPath, rootsFromTiles, tilesUnder } from '../../../services/integrity/domain/tree/tile-hashes.ts';

/** RFC 6962 section 2.1, word for word: the oracle of everything below. */
function rootByDefinition(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return hash('sha256', '', 'buffer');
  if (leaves.length === 1) return leaves[0] as Buffer;
  const k = split(leaves.length);
  return node(rootByDefinition(leaves.slice(0, k)), rootByDefinition(leaves.slice(k)));
}

function pathByDefinition(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  if (m < k) return [...pathByDefinition(m, leaves.slice(0, k)), rootByDefinition(leaves.slice(k))];
  return [...pathByDefinition(m - k, leaves.slice(k)), rootByDefinition(leaves.slice(0, k))];
}

function proofByDefinition(m: number, leaves: readonly Buffer[], isWhole = true): Buffer[] {
  if (m === leaves.length) return isWhole ? [] : [rootByDefinition(leaves)];
  const k = split(leaves.length);
  if (m <= k) return [...proofByDefinition(m, leaves.slice(0, k), isWhole), rootByDefinition(leaves.slice(k))];
  return [...proofByDefinition(m - k, leaves.slice(k), false), rootByDefinition(leaves.slice(0, k))];
}

function split(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

function node(left: Buffer, right: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer');
}

function leavesOf(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => leafOfText(`leaf ${index}`));
}

/** Grows a tree by batches of these sizes, through a save and a load between any two, and keeps its tiles as a table would. */
function grow(leaves: readonly Buffer[], batches: readonly number[]) {
  const tiles = new Map<string, Tile>();
  let tree = new GrowingTree();
  let from = 0;
  for (const batch of [...batches, leaves.length]) {
    const changed = tree.append(Buffer.concat(leaves.slice(from, Math.min(from + batch, leaves.length))));
    from = Math.min(from + batch, leaves.length);
    for (const tile of changed) tiles.set(`${tile.level}/${tile.index}`, tile);
    tree = new GrowingTree({ size: tree.size, range: tree.range(), edges: edgesOf(tree.size, tiles) });
  }
  return { tree, tiles: [...tiles.values()] };
}

function edgesOf(size: bigint, tiles: ReadonlyMap<string, Tile>): Buffer[] {
  const edges: Buffer[] = [];
  for (let level = 0; size >> BigInt(8 * level) > 0n; level++)
    edges.push(tiles.get(`${level}/${size >> BigInt(8 * level + 8)}`)?.hashes ?? Buffer.alloc(0));
  return edges;
}

const hex = (hashes: readonly Buffer[]) => hashes.map((one) => one.toString('hex'));
const history = fc.record({
  size: fc.integer({ min: 1, max: 1500 }),
  batches: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 }),
});

describe('the tree', () => {
  it('has the roots of the Certificate Transparency reference leaves', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const leaves = inputs.map((input) => hash('sha256', Buffer.from(`00${input}`, 'hex'), 'buffer'));
    const roots = leaves.map((_, index) => new SmallTree(leaves.slice(0, index + 1)).root().toString('hex'));
    expect(new GrowingTree().root().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(roots[0]).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(roots[2]).toBe('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77');
    expect(roots[7]).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
    expect(grow(leaves, [3, 1]).tree.root().toString('hex')).toBe(roots[7]);
  });

  it('has the root of the recursive definition after any history of batches and restarts', () => {
    fc.assert(
      fc.property(history, ({ size, batches }) => {
        const leaves = leavesOf(size);
        expect(grow(leaves, batches).tree.root()).toEqual(rootByDefinition(leaves));
      }),
      { numRuns: 60 },
    );
  });

  it('gives the inclusion proofs of the recursive definition from its tiles, also for an earlier size', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.nat(), ({ size, batches }, a, b) => {
        const leaves = leavesOf(size);
        const earlier = (a % size) + 1;
        const index = b % earlier;
        const { tiles } = grow(leaves, batches);
        const shape = inclusionShape(BigInt(index), BigInt(earlier));
        const wanted = tilesUnder(shape);
        const used = tiles.filter((tile) => wanted.some(({ level, index: at }) => level === tile.level && at === tile.index));
        const path = rootsFromTiles(shape, used);
        expect(hex(path)).toEqual(hex(pathByDefinition(index, leaves.slice(0, earlier))));
        expect(rootOfPath(leaves[index] as Buffer, BigInt(index), shape, path)).toEqual(rootByDefinition(leaves.slice(0, earlier)));
      }),
      { numRuns: 60 },
    );
  });

  it('gives the consistency proofs of the recursive definition from its tiles', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.nat(), ({ size, batches }, a, b) => {
        const leaves = leavesOf(size);
        const to = (a % size) + 1;
        const from = (b % to) + 1;
        const shape = consistencyShape(BigInt(from), BigInt(to));
        expect(hex(rootsFromTiles(shape, grow(leaves, batches).tiles))).toEqual(hex(proofByDefinition(from, leaves.slice(0, to))));
      }),
      { numRuns: 60 },
    );
  });

  it('gives the small tree the same proofs', () => {
    for (const size of [1, 2, 3, 5, 8, 13, 64, 100]) {
      const leaves = leavesOf(size);
      const tree = new SmallTree(leaves);
      for (let index = 0; index < size; index++) expect(hex(tree.inclusionProof(index))).toEqual(hex(pathByDefinition(index, leaves)));
    }
  });

  it('shapes proofs beyond 2^53 and refuses what cannot be', () => {
    const size = 4_611_686_020_574_871_557n;
    expect(consistencyShape(20_000_001n, size)).toHaveLength(64);
    expect(inclusionShape(0n, 2n ** 63n)).toHaveLength(63);
    expect(() => inclusionShape(5n, 5n)).toThrow(RangeError);
    expect(() => consistencyShape(0n, 5n)).toThrow(RangeError);
    expect(() => consistencyShape(6n, 5n)).toThrow(RangeError);
  });

  it('refuses a tile that lacks the hashes a proof needs', () => {
    const { tiles } = grow(leavesOf(300), []);
    const narrow = tiles.map((tile) => ({ ...tile, hashes: tile.hashes.subarray(0, 32) }));
    expect(() => rootsFromTiles(inclusionShape(3n, 300n), narrow)).toThrow(RangeError);
  });
});
