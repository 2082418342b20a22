import { v5 as uuidv5 } from 'uuid';
import { canonicalJson, type Json } from '../../event-store/domain/canonical-json.ts';
import type { SystemLeafType } from '../domain/system-leaf.events.ts';

/** Namespace of URLs, RFC 9562. */
const urlNamespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

export interface RoundLeaf {
  readonly origin: string;
  readonly number: bigint;
  readonly type: SystemLeafType;
  readonly fin: Json;
}

/**
 * The event id of a leaf that a round writes. The same round that says the same again, after a crash or a lost answer, means the same
 * event; a round whose number was lost with a database and which says something else does not.
 */
export function roundLeafId({ origin, number, type, fin }: RoundLeaf): string {
  return uuidv5(`tallyroot:round:1\n${origin}\n${number}\n${type}\n${canonicalJson(fin)}`, urlNamespace);
}
