import { EntryReader, leafHashOf } from '../log/entry.ts';
import { decodeBase64, PayloadLines, readPayloadLine } from '../log/payload-line.ts';
import { recomputeEntry } from '../log/stored-event.ts';
import { isAbsence, readPart, readTile } from '../source/bundles.ts';
import type { LogSource } from '../source/log-source.ts';
import { payloadsPath, tileWidth } from '../source/tile-path.ts';
import { hashBytes } from '../tree/node-hash.ts';
import type { Outcome } from '../verdict.ts';

/** The event that a leaf is about, in the words of people. */
export interface EventName {
  readonly stream: string;
  readonly revision: string;
  readonly id: string;
  readonly type: string;
}

const partBytesMax = 1024 * 1024 * 1024;

/**
 * Looks up what stands at a leaf. Entry and stored event may differ when something is wrong with the leaf; the one that hashes to its place
 * in the tree is believed, else the entry. Undefined where neither can be read.
 */
export async function nameEvent({ source, origin, size }: Outcome, index: number): Promise<EventName | undefined> {
  const place = index % tileWidth;
  const bundle = (index - place) / tileWidth;
  const width = Math.min(tileWidth, size - bundle * tileWidth);
  const tile = await readTile(source, 0, bundle, width);
  const slot = isAbsence(tile) ? '' : tile.toString('hex', place * hashBytes, (place + 1) * hashBytes);
  const stored = await storedEventAt(source, origin, bundle, index);
  const entry = entryIn(await readTile(source, 'entries', bundle, width), place);
  const read = entry && new EntryReader(origin).read(entry, entry.toString('latin1'), 0, entry.length);
  const isEntryInTree = entry !== undefined && leafHashOf(entry) === slot;
  if (read !== undefined && (isEntryInTree || stored?.leafHash !== slot)) return { ...read, revision: read.revisionText };
  return stored?.name;
}

async function storedEventAt(source: LogSource, origin: string, bundle: number, index: number) {
  const payloads = await readPart(source, payloadsPath(bundle), partBytesMax);
  if (isAbsence(payloads)) return undefined;
  const line = readPayloadLine(new PayloadLines(payloads).at(index % tileWidth), index);
  if (typeof line === 'string') return undefined;
  const data = decodeBase64(line.data);
  const metadata = decodeBase64(line.metadata);
  const { stream, revision, id, type } = line;
  const name: EventName = { stream, revision, id, type };
  if (data === undefined || metadata === undefined) return { name, leafHash: undefined };
  return { name, leafHash: leafHashOf(Buffer.from(recomputeEntry(origin, { ...line, data, metadata }).entry)) };
}

/** The entry at a place of a bundle, if the bundle can be read so far. */
function entryIn(bundle: Awaited<ReturnType<typeof readTile>>, place: number): Buffer | undefined {
  if (isAbsence(bundle)) return undefined;
  let offset = 0;
  for (let at = 0; offset + 2 <= bundle.length; at++) {
    const end = offset + 2 + bundle.readUInt16BE(offset);
    if (at === place) return end <= bundle.length ? bundle.subarray(offset + 2, end) : undefined;
    offset = end;
  }
  return undefined;
}
