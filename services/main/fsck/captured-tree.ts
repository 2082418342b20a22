import type { TreeHead } from '../../integrity/domain/tree-head.ts';
import type { Difference } from './part.ts';
import type { Scratch } from './scratch.ts';

/** Rows of a log as they stood together at one moment. What lies below the size never changes after it, so it is read at leisure. */
export interface CapturedTree {
  readonly storeId: string | undefined;
  /** Everything of the event store up to here is in the tree or is no leaf of it. */
  readonly position: bigint;
  readonly size: bigint;
  readonly range: Buffer;
  /** Undefined before the first. */
  readonly head: CapturedHead | undefined;
  /** Something states a root of the log, so that a head was signed. */
  readonly hasStatedRoots: boolean;
  /** A leaf row that is not one of the tree. */
  readonly extraLeaf: Difference | undefined;
  /** A tile row that is not one of the tree, or is not as wide as its tile. */
  readonly wrongTile: Difference | undefined;
}

export interface CapturedHead {
  readonly size: bigint;
  readonly root: Buffer;
  readonly published_size: bigint;
  readonly published_root: Buffer;
  readonly note: string;
}

/** A head that somebody outside the database has seen. */
export interface RememberedHead extends TreeHead {
  /** Where it is remembered. */
  readonly name: string;
}

interface TreeRow {
  readonly store_id: string;
  readonly position: bigint;
  readonly size: bigint;
  readonly range: Buffer;
}

/** Prepares `captureTree`: the roots that are stated of a log, in the order in which a growing tree meets them. */
export function defineStatedRoots(scratch: Scratch): Promise<void> {
  return scratch.define(
    `create temp table stated_root (
       place bigint primary key,
       size bigint not null,
       root bytea not null,
       source text not null,
       key text not null,
       column_name text not null
     )`,
  );
}

/** Reads the rows, and keeps the roots of heads, rounds and anchors in `stated_root`, all of one moment. */
export function captureTree(scratch: Scratch, log: string, remembered: RememberedHead | undefined): Promise<CapturedTree> {
  const { client } = scratch;
  return scratch.inSnapshot(async () => {
    const trees = await client.query<TreeRow>('select store_id, position, size, range from tallyroot.integrity_tree where log = $1', [log]);
    const { store_id: storeId, position = 0n, size = 0n, range = Buffer.alloc(0) } = trees.rows[0] ?? {};
    const heads = await client.query<CapturedHead>(
      'select size, root, published_size, published_root, note from tallyroot.integrity_head where log = $1',
      [log],
    );
    const stated = await keepStatedRoots(scratch, log, remembered);
    const [extraLeaf, wrongTile] = [await extraLeafOf(scratch, log, size), await wrongTileOf(scratch, log, size)];
    return { storeId, position, size, range, head: heads.rows[0], hasStatedRoots: stated > 0, extraLeaf, wrongTile };
  });
}

async function keepStatedRoots({ client }: Scratch, log: string, remembered: RememberedHead | undefined): Promise<number> {
  await client.query('delete from stated_root');
  const { rowCount } = await client.query(
    `insert into stated_root (place, size, root, source, key, column_name)
     select row_number() over (order by size, source, key), size, root, source, key, column_name
     from (
       select size, root, 'integrity_head' as source, log as key, 'root' as column_name
         from tallyroot.integrity_head where log = $1
       union all
       select published_size, published_root, 'integrity_head', log, 'published_root'
         from tallyroot.integrity_head where log = $1
       union all
       select head_size, head_root, 'integrity_round', log || ', ' || number, 'head_root'
         from tallyroot.integrity_round where log = $1 and head_size is not null
       union all
       select size, root, 'integrity_anchor', concat_ws(', ', log, chain_id, contract, size), 'root'
         from tallyroot.integrity_anchor where log = $1
       union all
       select $2::bigint, $3::bytea, 'head file', $4::text, 'root' where $2 is not null
     ) as stated`,
    [log, remembered?.size, remembered?.root, remembered?.name],
  );
  return rowCount ?? 0;
}

async function extraLeafOf({ client }: Scratch, log: string, size: bigint): Promise<Difference | undefined> {
  const { rows } = await client.query<{ leaf_index: bigint; stream: string; revision: bigint; event_id: string }>(
    `select leaf_index, stream, revision, event_id from tallyroot.integrity_leaf
      where log = $1 and (leaf_index < 0 or leaf_index >= $2) order by leaf_index limit 1`,
    [log, size],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { leaf_index: leaf, stream, revision, event_id: event } = row;
  const at = { table: 'integrity_leaf', key: `${log}, ${leaf}`, leaf: `${leaf}`, stream, revision: `${revision}`, event };
  return { message: `a leaf row is there, but the tree has ${size} leaves`, at };
}

/** Found by its width, which the server knows without reading the hashes. */
async function wrongTileOf({ client }: Scratch, log: string, size: bigint): Promise<Difference | undefined> {
  const { rows } = await client.query<{ level: number; tile_index: bigint; width: string; expected: string }>(
    `select * from (
       select level, tile_index, octet_length(hashes) / 32.0 as width,
              case when level between 0 and 7 and tile_index >= 0
                then greatest(0, least(256, ($2::bigint >> (8 * level))::numeric - tile_index::numeric * 256)) else 0 end as expected
         from tallyroot.integrity_tile where log = $1
     ) as tile
     where width <> expected
     order by level, tile_index
     limit 1`,
    [log, size],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { level, tile_index: tile, width, expected } = row;
  const at = { table: 'integrity_tile', key: `${log}, ${level}, ${tile}`, level: `${level}`, tile: `${tile}` };
  const message =
    expected === '0' ? `a tile row is there, but the tree of ${size} leaves has no such tile` : 'a tile has another number of hashes';
  return { message, at, expected: `${Number(expected)} hashes`, found: `${Number(width)} hashes` };
}
