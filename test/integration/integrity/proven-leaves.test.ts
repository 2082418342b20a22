import { hash, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PostgresHeadStore } from '../../../services/integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../../../services/integrity/adapters/postgres/postgres.leaf-store.ts';
import type { LeafRow } from '../../../services/integrity/application/leaf-store.ts';
import { type FoundLeaf, LogQuery } from '../../../services/integrity/application/log-query.ts';
import { emptyRoot } from '../../../services/integrity/domain/tree/node-hash.ts';
import { GrowingTree } from '../../../services/integrity/domain/tree/growing-tree.ts';
import type { TileKey } from '../../../services/integrity/domain/tree/tile-hashes.ts';
import type { TreeHead } from '../../../services/integrity/domain/tree-head.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { verifyInclusion } from '../../../verifier/merkle.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';

const log = 'north';
let database: TestDatabase;
let pool: ReturnType<typeof createPool>;
let store: CountedLeafStore;
let heads: PostgresHeadStore;
let query: LogQuery;

beforeEach(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
  store = new CountedLeafStore(pool);
  heads = new PostgresHeadStore(pool);
  query = new LogQuery(store, heads);
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** Notes which tiles are read by name. */
class CountedLeafStore extends PostgresLeafStore {
  readonly read: string[] = [];

  override tiles(slug: string, keys: readonly TileKey[]) {
    this.read.push(...keys.map(({ level, index }) => `${level}/${index}`));
    return super.tiles(slug, keys);
  }
}

/** A history of made-up leaves, told apart by its name. */
class History {
  readonly name: string;
  readonly tree = new GrowingTree();
  leaves: LeafRow[] = [];
  #shown: TreeHead = { size: 0n, root: emptyRoot };

  constructor(name: string) {
    this.name = name;
  }

  async grow(count: number): Promise<TreeHead> {
    const sizeBefore = this.tree.size;
    const leaves = Array.from({ length: count }, (_, index) => this.#leaf(sizeBefore + BigInt(index)));
    const tiles = this.tree.append(Buffer.concat(leaves.map((leaf) => leaf.hash)));
    this.leaves = [...this.leaves, ...leaves];
    const { size } = this.tree;
    await store.grow({ log, storeId: 'a store', sizeBefore, size, range: this.tree.range(), position: size, leaves, tiles });
    return { size, root: this.tree.root() };
  }

  /** Grows, and shows a head over it. */
  async show(count: number): Promise<TreeHead> {
    const head = await this.grow(count);
    expect(await heads.swap(log, this.#shown, head)).toBe(true);
    this.#shown = head;
    await heads.publish(log, { ...head, note: `${this.name} ${head.size}` });
    return head;
  }

  #leaf(index: bigint): LeafRow {
    const entry = `${this.name} ${index}`;
    return { index, position: index, stream: `north.account-${index}`, revision: 0n, eventId: randomUUID(), hash: leafHash(entry), entry };
  }
}

function leafHash(entry: string): Buffer {
  return hash('sha256', `\0${entry}`, 'buffer');
}

const byEvent = ({ eventId }: LeafRow) => ({ event: eventId });

/** Whether an auditor would take the proof of this leaf under this root. */
function proves({ proof }: FoundLeaf, { size, root }: TreeHead, { entry, index }: LeafRow): boolean {
  return proof !== undefined && verifyInclusion({ index, size, leafHash: leafHash(entry), root, proof: proof.path });
}

async function found(leaf: LeafRow, size?: bigint): Promise<FoundLeaf> {
  return (await query.findProven(log, byEvent(leaf), size)) as FoundLeaf;
}

describe('a proof', () => {
  it('is found with its leaf by event and by place', async () => {
    const history = new History('first');
    const head = await history.show(700);
    for (const leaf of [history.leaves[0], history.leaves[300], history.leaves[699]] as LeafRow[]) {
      const one = await found(leaf);
      expect(one).toMatchObject({ leaf, proof: { head: { ...head, note: 'first 700' }, size: 700n } });
      expect(one).toEqual(await query.findProven(log, { stream: leaf.stream, revision: 0n }));
      expect(one.proof).toEqual(await query.inclusion(log, leaf));
      expect(proves(one, head, leaf)).toBe(true);
    }
  });

  it('is not there for what is no leaf, before the first head, and while no head covers the leaf', async () => {
    const history = new History('first');
    await history.grow(3);
    expect((await found(history.leaves[1] as LeafRow)).proof).toBeUndefined();
    await history.show(0);
    await history.grow(3);
    expect((await found(history.leaves[1] as LeafRow)).proof).toBeDefined();
    expect((await found(history.leaves[4] as LeafRow)).proof).toBeUndefined();
    expect(await query.findProven(log, { event: randomUUID() })).toBeUndefined();
    expect(await query.findProven('south', byEvent(history.leaves[1] as LeafRow))).toBeUndefined();
  });

  it('is of the first leaf where an id was written twice', async () => {
    const history = new History('first');
    await history.show(5);
    const { eventId } = history.leaves[1] as LeafRow;
    await pool.query('update integrity_leaf set event_id = $1 where leaf_index = 4', [eventId]);
    expect((await query.findProven(log, { event: eventId }))?.leaf.index).toBe(1n);
  });

  it('is in the tree of an earlier size where that is asked for, and of none that does not reach the leaf or was not shown', async () => {
    const history = new History('first');
    const earlier = await history.show(300);
    await history.show(500);
    const leaf = history.leaves[77] as LeafRow;
    const one = await found(leaf, 300n);
    expect(one.proof?.size).toBe(300n);
    expect(proves(one, earlier, leaf)).toBe(true);
    expect((await found(leaf, 77n)).proof).toBeUndefined();
    expect((await found(leaf, 801n)).proof).toBeUndefined();
  });
});

describe('the tiles under a head', () => {
  it('are read once', async () => {
    const history = new History('first');
    const head = await history.show(256 * 5 + 10);
    const [leaf, neighbour, distant] = [300, 301, 900].map((index) => history.leaves[index]) as [LeafRow, LeafRow, LeafRow];
    expect(proves(await found(leaf), head, leaf)).toBe(true);
    // Its own tile came with the leaf.
    expect(store.read).toEqual(['1/0', '0/5']);
    for (const other of [leaf, neighbour, distant]) expect(proves(await found(other), head, other)).toBe(true);
    expect(store.read).toEqual(['1/0', '0/5']);
  });

  it('serve many proofs at once, each of its own leaf', async () => {
    const history = new History('first');
    const head = await history.show(256 * 5 + 10);
    for (let round = 0; round < 2; round++) {
      const all = await Promise.all(
        history.leaves.filter(({ index }) => index % 7n === 0n).map(async (leaf) => [leaf, await found(leaf)] as const),
      );
      expect(all.filter(([leaf, one]) => !proves(one, head, leaf)).map(([{ index }]) => index)).toEqual([]);
    }
  });

  it('are read again only where they are wider under a later head', async () => {
    const history = new History('first');
    const reads = [
      { more: 300, read: ['0/1'] },
      { more: 1, read: ['0/1'] },
      { more: 211, read: ['1/0'] },
      { more: 1, read: ['0/2'] },
      { more: 300, read: ['1/0', '0/3'] },
      { more: 65_000, read: ['1/0', '1/1', '0/257'] },
      { more: 1, read: ['0/257'] },
    ];
    for (const { more, read } of reads) {
      const head = await history.show(more);
      store.read.length = 0;
      const leaf = history.leaves[10] as LeafRow;
      expect(proves(await found(leaf), head, leaf)).toBe(true);
      expect(store.read).toEqual(read);
    }
  });

  it('may be wider in the store than under the head', async () => {
    const history = new History('first');
    const head = await history.show(300);
    await history.grow(500);
    const leaf = history.leaves[290] as LeafRow;
    expect(proves(await found(leaf), head, leaf)).toBe(true);
  });

  it('are not taken for those of another history when the database is set back under a running service', async () => {
    const [lost, restored] = [new History('lost'), new History('restored')];
    await lost.show(600);
    for (const index of [5, 300, 599]) await found(lost.leaves[index] as LeafRow);
    await pool.query('truncate integrity_leaf, integrity_tile, integrity_tree, integrity_head');
    const head = await restored.show(600);
    for (const index of [5, 300, 599, 301]) {
      const leaf = restored.leaves[index] as LeafRow;
      expect(proves(await found(leaf), head, leaf)).toBe(true);
    }
  });

  it('are no proof of anything where they do not lead to the signed root', async () => {
    const history = new History('first');
    await history.show(600);
    await pool.query(
      `update integrity_tile set hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1) where level = 0 and tile_index = 1`,
    );
    await expect(found(history.leaves[400] as LeafRow)).rejects.toThrow(/do not lead from leaf 400 to the root/);
    await expect(found(history.leaves[10] as LeafRow)).resolves.toBeDefined(); // Its path leads through the tile above only.
  });
});
