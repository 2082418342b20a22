import type { ClientBase } from 'pg';
import { int8Array } from '../../../read-store/array-parameter.ts';
import type { LeafPlace, LeafPlaces, PlacedTree } from '../../application/leaf-places.ts';

/** Rows of `integrity_tree` and `integrity_leaf`, in the transaction of the client that it is given. */
export class PostgresLeafPlaces implements LeafPlaces {
  readonly #client: ClientBase;

  constructor(client: ClientBase) {
    this.#client = client;
  }

  async trees(): Promise<PlacedTree[]> {
    const { rows } = await this.#client.query<PlacedTree>('select log, store_id as "storeId", size from integrity_tree order by log');
    return rows;
  }

  async hashes(log: string, from: bigint, count: number): Promise<Buffer[]> {
    const { rows } = await this.#client.query<{ leaf_hash: Buffer }>(
      'select leaf_hash from integrity_leaf where log = $1 and leaf_index >= $2 and leaf_index < $2 + $3::bigint order by leaf_index',
      [log, from, count],
    );
    return rows.map(({ leaf_hash: hash }) => hash);
  }

  async move(log: string, places: readonly LeafPlace[]): Promise<void> {
    const { rowCount } = await this.#client.query(
      `update integrity_leaf as leaf
          set store_position = place.position
         from unnest($2::bigint[], $3::bigint[]) as place (leaf_index, position)
        where leaf.log = $1 and leaf.leaf_index = place.leaf_index`,
      [log, int8Array(places.map(({ index }) => index)), int8Array(places.map(({ position }) => position))],
    );
    if (rowCount !== places.length) throw new RangeError(`The tree of ${log} does not have all of ${places.length} leaves.`);
  }

  async follow(log: string, { storeId, position }: { readonly storeId: string; readonly position: bigint }): Promise<void> {
    await this.#client.query('update integrity_tree set store_id = $2, position = $3 where log = $1', [log, storeId, position]);
  }
}
