import { type Entry, type EntryReader, leafHashOf, textOfEntry } from '../log/entry.ts';
import { isObject, parseJson } from '../log/canonical-json.ts';
import { commitmentOf, noInstant, recomputeEntry } from '../log/stored-event.ts';
import { verifyInclusion } from '../merkle.ts';
import type { BillChecks } from './bill-checks.ts';
import type { BundledLeaf } from './bundle.ts';

export type Fin = { readonly [name: string]: unknown };

/** A leaf of a bundle that is in the tree. */
export interface BillLeaf {
  readonly index: number;
  readonly entry: Entry;
  /** 64 hex. */
  readonly hash: string;
  /** Breaks the format, or has the id of another event of the bundle: by specification it posts nothing. */
  readonly countsForNothing: boolean;
  /** Opened; undefined where the payload is not at hand or is not the one in the log. */
  readonly fin: Fin | undefined;
}

export interface BillTree {
  readonly origin: string;
  readonly reader: EntryReader;
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly checks: BillChecks;
}

/** V3, V4 and V7 for one leaf; undefined for one that is not in the tree. Problems are added to the checks. */
export function openBillLeaf(
  { origin, reader, size, root, checks }: BillTree,
  { index: place, entry: bytes, payload, isWithheld = false, salt, metadata, path }: BundledLeaf,
): BillLeaf | undefined {
  const index = Number(place);
  const text = bytes.toString('latin1');
  const entry = reader.read(bytes, text, 0, text.length);
  const hash = leafHashOf(bytes);
  if (entry === undefined) checks.V4.invalid.add({ index, message: 'the entry has not the form of an entry of this log' });
  const isInTree = verifyInclusion({ index: place, size, leafHash: Uint8Array.from(Buffer.from(hash, 'hex')), proof: path, root });
  if (!isInTree) checks.V3.invalid.add({ index, message: 'the proof does not lead from the entry to the signed root', evidence: { hash } });
  if (entry === undefined || !isInTree) return undefined;
  const looksMalformed = entry.at === noInstant || entry.stream.startsWith('invalid:') || entry.type.startsWith('invalid:');
  // What the entry itself shows needs no metadata to see.
  const recomputed =
    looksMalformed || metadata === undefined || payload === undefined
      ? undefined
      : recomputeEntry(origin, { ...entry, revision: entry.revisionText, data: payload, metadata });
  const isSame = recomputed === undefined || recomputed.entry === textOfEntry(origin, entry);
  const leaf = { index, entry, hash, countsForNothing: looksMalformed || (isSame && recomputed?.isMalformed === true) };
  if (payload === undefined) {
    if (!isWithheld) checks.V7.unverifiable.add({ index, message: 'the operator has lost the event: its payload is not in the bundle' });
    return { ...leaf, fin: undefined };
  }
  if (!isSame || commitmentOf('ledger-pay/1', salt, payload) !== entry.pay) {
    checks.V7.invalid.add({ index, message: 'the payload is not the one in the log', evidence: { pay: entry.pay } });
    return { ...leaf, fin: undefined };
  }
  if (leaf.countsForNothing) checks.V7.findings.add({ name: 'format', index, message: 'the event breaks the format: it posts nothing' });
  const data = parseJson(payload.toString('utf8'));
  const fin = isObject(data) && isObject(data['fin']) ? data['fin'] : undefined;
  if (fin === undefined && !leaf.countsForNothing) checks.V7.invalid.add({ index, message: 'the payload has no financial part' });
  return { ...leaf, fin };
}
