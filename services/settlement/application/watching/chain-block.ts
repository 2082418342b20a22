import type { ChainBlock } from '../../domain/chain-effect.ts';
import { instantOf } from '../../domain/chain-time.ts';
import type { WatchedBlock } from './watched-node.ts';

/** A block of a node as effects name it. */
export function chainBlockOf({ number, hash, timestamp }: WatchedBlock): ChainBlock {
  return { number: number.toString(), hash, time: instantOf(timestamp) };
}
