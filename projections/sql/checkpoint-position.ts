import type { ClientBase, Pool } from 'pg';
import { type CheckpointKey, readCheckpoint } from '../../services/read-store/checkpoint.ts';

/** Everything up to this position is in the rows, zero before the first event; read in the same snapshot as the rows it speaks of. */
export async function positionOf(client: ClientBase | Pool, key: CheckpointKey): Promise<bigint> {
  const checkpoint = await readCheckpoint(client, key);
  return checkpoint?.position ?? 0n;
}
