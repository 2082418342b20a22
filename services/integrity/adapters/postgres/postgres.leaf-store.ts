import type { Pool, PoolClient } from 'pg';
import {
  type LeafName,
  type LeafRow,
  type LeafStore,
  type LeafUnderHead,
  type StoredTree,
  type TreeGrowth,
  TreeMovedFault,
} from '../../application/leaf-store.ts';
import type { Tile } from '../../domain/tree/growing-tree.ts';
import { tileHeight, tileWidth } from '../../domain/tree/tile-address.ts';
import type { TileKey } from '../../domain/tree/tile-hashes.ts';
import { inPoolTransaction } from '../../../read-store/pool-transaction.ts';

/** Leaves and tiles as rows of schema `tallyroot`. */
export class PostgresLeafStore implements LeafStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async load(log: string): Promise<StoredTree> {
    return inPoolTransaction(this.#pool, 'begin isolation level repeatable read read only', async (client) => {
      const { rows } = await client.query<{ store_id: string; position: bigint; size: bigint; range: Buffer }>(
        'select store_id, position, size, range from integrity_tree where log = $1',
        [log],
      );
      const row = rows[0];
      if (row === undefined) return { storeId: undefined, position: 0n, state: { size: 0n, range: Buffer.alloc(0), edges: [] } };
      const { store_id: storeId, position, size, range } = row;
      return { storeId, position, state: { size, range, edges: await edgesOf(client, log, size) } };
    });
  }

  async grow(growth: TreeGrowth): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      // The tree can be derived again; a head is made durable after it, and takes everything before it along.
      await client.query('set local synchronous_commit = off');
      await moveEdge(client, growth);
      await insertLeaves(client, growth);
      await upsertTiles(client, growth);
    });
  }

  async leaves(log: string, from: bigint, count: number): Promise<LeafRow[]> {
    const { rows } = await this.#pool.query<StoredLeaf>({
      name: 'integrity-leaves',
      text: `${selectLeaf} where log = $1 and leaf_index >= $2 and leaf_index < $2 + $3::bigint order by leaf_index`,
      values: [log, from, count],
    });
    return rows.map(leafOfRow);
  }

  async findByEvent(log: string, eventId: string): Promise<LeafRow | undefined> {
    const { rows } = await this.#pool.query<StoredLeaf>({
      name: 'integrity-leaf-by-event',
      text: `${selectLeaf} where event_id = $2 and log = $1 order by leaf_index limit 1`,
      values: [log, eventId],
    });
    return rows[0] && leafOfRow(rows[0]);
  }

  async findByPlace(log: string, stream: string, revision: bigint): Promise<LeafRow | undefined> {
    const { rows } = await this.#pool.query<StoredLeaf>({
      name: 'integrity-leaf-by-place',
      text: `${selectLeaf} where stream = $2 and revision = $3 and log = $1`,
      values: [log, stream, revision],
    });
    return rows[0] && leafOfRow(rows[0]);
  }

  async findUnderHead(log: string, name: LeafName): Promise<LeafUnderHead | undefined> {
    const byEvent = 'event' in name;
    const { rows } = await this.#pool.query<StoredLeaf & StoredHead & { readonly tile: Buffer | null }>({
      name: byEvent ? 'integrity-leaf-under-head-by-event' : 'integrity-leaf-under-head-by-place',
      text: `
        select ${leafColumns}, tile.hashes as tile, head.published_size, head.published_root, head.note
        from integrity_leaf as leaf
        left join integrity_tile as tile on tile.log = leaf.log and tile.level = 0 and tile.tile_index = leaf.leaf_index / ${tileWidth}
        left join integrity_head as head on head.log = leaf.log and head.note <> ''
        where leaf.log = $1 and ${byEvent ? 'event_id = $2 order by leaf_index limit 1' : 'stream = $2 and revision = $3'}`,
      values: byEvent ? [log, name.event] : [log, name.stream, name.revision],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    const { published_size: size, published_root: root, note, tile } = row;
    const head = size === null || root === null || note === null ? undefined : { size, root, note };
    return { leaf: leafOfRow(row), head, tile: tile ?? undefined };
  }

  async leavesOfStream(log: string, stream: string, fromRevision: bigint, toRevision: bigint): Promise<LeafRow[]> {
    const { rows } = await this.#pool.query<StoredLeaf>({
      name: 'integrity-leaves-of-stream',
      text: `${selectLeaf} where stream = $2 and revision between $3 and $4 and log = $1 order by revision`,
      values: [log, stream, fromRevision, toRevision],
    });
    return rows.map(leafOfRow);
  }

  async edgeAt(log: string, position: bigint): Promise<{ readonly size: bigint; readonly treePosition: bigint } | undefined> {
    const { rows } = await this.#pool.query<{ size: bigint; tree_position: bigint }>({
      name: 'integrity-edge-at',
      // From the end: what is asked for stands among the last leaves.
      text: `
        select tree.position as tree_position,
               coalesce((select leaf_index + 1 from integrity_leaf where log = $1 and store_position <= $2 order by leaf_index desc limit 1), 0) as size
        from integrity_tree as tree
        where log = $1`,
      values: [log, position],
    });
    const [row] = rows;
    return row && { size: row.size, treePosition: row.tree_position };
  }

  async firstIndexes(log: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const { rows } = await this.#pool.query<{ event_id: string; first: bigint }>({
      name: 'integrity-first-indexes',
      text: `
        select event_id, min(leaf_index) as first
        from integrity_leaf
        where log = $1 and event_id = any($2::uuid[])
        group by event_id`,
      values: [log, eventIds],
    });
    return new Map(rows.map(({ event_id: eventId, first }) => [eventId, first]));
  }

  async tiles(log: string, keys: readonly TileKey[]): Promise<Tile[]> {
    if (keys.length === 0) return [];
    const { rows } = await this.#pool.query<StoredTile>({
      name: 'integrity-tiles',
      text: `
        select level, tile_index, hashes
        from unnest($2::smallint[], $3::bigint[]) as wanted (level, tile_index)
        join integrity_tile using (level, tile_index)
        where log = $1`,
      values: [log, keys.map(({ level }) => level), keys.map(({ index }) => index)],
    });
    return rows.map(tileOfRow);
  }

  async tilesOfLevel(log: string, level: number, from: bigint, count: number): Promise<Tile[]> {
    const { rows } = await this.#pool.query<StoredTile>(
      `select level, tile_index, hashes
       from integrity_tile
       where log = $1 and level = $2 and tile_index >= $3 and tile_index < $3 + $4::bigint
       order by tile_index`,
      [log, level, from, count],
    );
    return rows.map(tileOfRow);
  }
}

export interface StoredLeaf {
  readonly leaf_index: bigint;
  readonly store_position: bigint;
  readonly stream: string;
  readonly revision: bigint;
  readonly event_id: string;
  readonly leaf_hash: Buffer;
  readonly entry: string;
}

/** All null where there is none. */
interface StoredHead {
  readonly published_size: bigint | null;
  readonly published_root: Buffer | null;
  readonly note: string | null;
}

interface StoredTile {
  readonly level: number;
  readonly tile_index: bigint;
  readonly hashes: Buffer;
}

const leafColumns = 'leaf_index, store_position, stream, revision, event_id, leaf_hash, entry';
export const selectLeaf = `select ${leafColumns} from integrity_leaf`;

export function leafOfRow(row: StoredLeaf): LeafRow {
  const { stream, revision, entry } = row;
  return { index: row.leaf_index, position: row.store_position, stream, revision, eventId: row.event_id, hash: row.leaf_hash, entry };
}

function tileOfRow({ level, tile_index: index, hashes }: StoredTile): Tile {
  return { level, index, hashes };
}

/** By level: the partial tile at the right edge. */
async function edgesOf(client: PoolClient, log: string, size: bigint): Promise<Buffer[]> {
  const edges: Buffer[] = [];
  for (let level = 0, hashes = size; hashes > 0n; level++, hashes >>= BigInt(tileHeight)) {
    const { rows } = await client.query<{ hashes: Buffer }>(
      'select hashes from integrity_tile where log = $1 and level = $2 and tile_index = $3',
      [log, level, hashes / BigInt(tileWidth)],
    );
    edges.push(rows[0]?.hashes ?? Buffer.alloc(0));
  }
  return edges;
}

/** First of all, so that a second writer waits here and then finds that the tree has moved. */
async function moveEdge(client: PoolClient, { log, storeId, sizeBefore, size, range, position }: TreeGrowth): Promise<void> {
  const { rowCount } = await client.query({
    name: 'integrity-move-edge',
    text: `
      insert into integrity_tree as tree (log, store_id, position, size, range)
      select $1::text, $2::text, $3::bigint, $4::bigint, $5::bytea where $6::bigint = 0 or exists (select from integrity_tree where log = $1)
      on conflict (log) do update
        set store_id = excluded.store_id, position = excluded.position, size = excluded.size, range = excluded.range
        where tree.size = $6::bigint and tree.position <= excluded.position`,
    values: [log, storeId, position, size, range, sizeBefore],
  });
  if (rowCount !== 1) throw new TreeMovedFault(`The tree of ${log} is not at ${sizeBefore} leaves any more.`);
}

async function insertLeaves(client: PoolClient, { log, leaves, sizeBefore }: TreeGrowth): Promise<void> {
  if (leaves.length === 0) return;
  await client.query({
    name: 'integrity-insert-leaves',
    text: `
      insert into integrity_leaf (log, leaf_index, store_position, stream, revision, event_id, leaf_hash, entry)
      select $1::text, $2::bigint + place - 1, store_position, stream, revision, event_id, substring($7::bytea from (place::int - 1) * 32 + 1 for 32), entry
      from unnest($3::bigint[], $4::text[], $5::bigint[], $6::uuid[], string_to_array($8::text, E'\\n'))
        with ordinality as leaf (store_position, stream, revision, event_id, entry, place)`,
    values: [
      log,
      sizeBefore,
      leaves.map(({ position }) => position),
      leaves.map(({ stream }) => stream),
      leaves.map(({ revision }) => revision),
      leaves.map(({ eventId }) => eventId),
      Buffer.concat(leaves.map(({ hash }) => hash)),
      // One text instead of an array: an entry holds no new line, and its many quotes would all have to be escaped.
      leaves.map(({ entry }) => entry).join('\n'),
    ],
  });
}

async function upsertTiles(client: PoolClient, { log, tiles }: TreeGrowth): Promise<void> {
  if (tiles.length === 0) return;
  let offset = 1;
  const offsets = tiles.map(({ hashes }) => (offset += hashes.length) - hashes.length);
  await client.query({
    name: 'integrity-upsert-tiles',
    text: `
      insert into integrity_tile (log, level, tile_index, hashes)
      select $1::text, level, tile_index, substring($6::bytea from start for length)
      from unnest($2::smallint[], $3::bigint[], $4::int[], $5::int[]) as tile (level, tile_index, start, length)
      on conflict (log, level, tile_index) do update set hashes = excluded.hashes`,
    values: [
      log,
      tiles.map(({ level }) => level),
      tiles.map(({ index }) => index),
      offsets,
      tiles.map(({ hashes }) => hashes.length),
      Buffer.concat(tiles.map(({ hashes }) => hashes)),
    ],
  });
}
