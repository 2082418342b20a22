import { Unavailable, type LogSource } from './log-source.ts';
import { payloadsPath, tilePath, tileWidth, widthOf } from './tile-path.ts';

/** Up to 256 leaves with everything that is published about them. */
export interface Bundle {
  readonly number: bigint;
  /** 32 bytes a leaf. */
  readonly tile: Buffer;
  /** Envelopes, one character a byte. */
  readonly entries: readonly string[];
  /** One line a leaf; undefined where payloads are not readable. */
  readonly payloads: readonly string[] | undefined;
}

/** Something that should be published is not there, or not whole. */
export interface MissingBundle {
  readonly missing: string;
}

/** How many bundles are read ahead. */
const readAheadMax = 6;

/** The bundles of a log in order; ends at the first that is missing. */
export async function* bundlesOf(source: LogSource, size: bigint): AsyncIterable<Bundle | MissingBundle> {
  const count = (size + BigInt(tileWidth) - 1n) / BigInt(tileWidth);
  const ahead: Promise<Bundle | MissingBundle>[] = [];
  let next = 0n;
  for (let number = 0n; number < count; number++) {
    while (next < count && ahead.length < readAheadMax) ahead.push(readBundle(source, next++, size));
    const bundle = await (ahead.shift() as Promise<Bundle | MissingBundle>);
    yield bundle;
    if ('missing' in bundle) return;
  }
}

async function readBundle(source: LogSource, number: bigint, size: bigint): Promise<Bundle | MissingBundle> {
  const width = widthOf(number, size);
  try {
    const [tile, entryBytes, payloads] = await Promise.all([
      readTile(source, 0, number, width),
      readTile(source, 'entries', number, width),
      source.read(payloadsPath(number)),
    ]);
    const path = tilePath(0, number, width);
    if (tile === undefined || tile.length < width * 32) return { missing: `${path} is missing or too short.` };
    const entries = entryBytes && splitEntries(entryBytes, width);
    if (entries === undefined) return { missing: `${tilePath('entries', number, width)} is missing or not whole.` };
    return { number, tile, entries, payloads: payloads && linesOf(payloads) };
  } catch (error) {
    if (error instanceof Unavailable) return { missing: error.message };
    throw error;
  }
}

/** A partial tile may have been replaced by the full one, of which it is the beginning. */
export async function readTile(source: LogSource, level: number | 'entries', number: bigint, width: number): Promise<Buffer | undefined> {
  const own = await source.read(tilePath(level, number, width));
  return own ?? (width === tileWidth ? undefined : source.read(tilePath(level, number, tileWidth)));
}

/** Entries stand one after another, each behind its length in two bytes, big-endian. */
function splitEntries(bytes: Buffer, width: number): string[] | undefined {
  const entries: string[] = [];
  for (let at = 0; entries.length < width;) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    // One character a byte: an envelope is ASCII, and any other byte must keep its own hash.
    entries.push(bytes.toString('latin1', at + 2, end));
    at = end;
  }
  return entries;
}

function linesOf(bytes: Buffer): string[] {
  return bytes.toString('utf8').split('\n');
}
