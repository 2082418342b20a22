import { hashBytes } from '../tree/node-hash.ts';
import { type LogSource, UnreadableError } from './log-source.ts';
import { payloadsPath, tilePath, tileWidth } from './tile-path.ts';

/** Why a file of the log is not at hand. */
export interface Absence {
  readonly message: string;
  /** `absent`: there is none. `refused`: it is not for us. `failed`: it could not be had. `large`: it is larger than the reader was ready for. */
  readonly why: 'absent' | 'refused' | 'failed' | 'large';
}

/** What belongs to up to 256 leaves. */
export interface Bundle {
  /** Index of its first leaf. */
  readonly start: number;
  /** Leaves of the log that are in it. */
  readonly width: number;
  readonly tile: Buffer | Absence;
  readonly entries: Buffer | Absence;
  readonly payloads: Buffer | Absence;
}

/** Files that need not be asked for any more. */
export interface Unwanted {
  entries: Absence | undefined;
  payloads: Absence | undefined;
}

export const tileBytesMax = tileWidth * hashBytes;
const entriesBytesMax = tileWidth * (2 + 0xffff);
/** An event has at most 1 MiB, and base64 takes a third more. */
const payloadsBytesMax = tileWidth * 3 * 1024 * 1024;
/** So much of a file is read while others are read too. Almost every log is below; a hostile one must not fill the memory by many at once. */
const bytesAtOnceMax = 8 * 1024 * 1024;

export function isAbsence(part: object): part is Absence {
  return 'why' in part;
}

/** Reads the bundle that begins with a leaf; what is not wanted is not asked for. `large` for one that is to be read when no other is. */
export async function readBundle(source: LogSource, start: number, width: number, unwanted: Unwanted): Promise<Bundle | 'large'> {
  const bundle = await bundleUpTo(source, start, width, unwanted, bytesAtOnceMax);
  return [bundle.entries, bundle.payloads].some((part) => isAbsence(part) && part.why === 'large') ? 'large' : bundle;
}

/** Reads a bundle, however large it may be. */
export async function readLargeBundle(source: LogSource, start: number, width: number, unwanted: Unwanted): Promise<Bundle> {
  const { entries, payloads, ...bundle } = await bundleUpTo(source, start, width, unwanted, Infinity);
  // What is still too large is larger than the format allows: it could not be had.
  const part = (read: Buffer | Absence): Buffer | Absence => (isAbsence(read) && read.why === 'large' ? { ...read, why: 'failed' } : read);
  return { ...bundle, entries: part(entries), payloads: part(payloads) };
}

async function bundleUpTo(source: LogSource, start: number, width: number, unwanted: Unwanted, bytesMax: number): Promise<Bundle> {
  const index = start / tileWidth;
  const [tile, entries, payloads] = await Promise.all([
    readTile(source, 0, index, width),
    unwanted.entries ?? readTile(source, 'entries', index, width, bytesMax),
    unwanted.payloads ?? readPart(source, payloadsPath(index), Math.min(payloadsBytesMax, bytesMax)),
  ]);
  return { start, width, tile, entries, payloads };
}

/** The tile of this width, or the beginning of the full one that took its place when the log grew. */
export async function readTile(
  source: LogSource,
  level: number | 'entries',
  index: number,
  width: number,
  limit = Infinity,
): Promise<Buffer | Absence> {
  const bytesMax = Math.min(limit, level === 'entries' ? entriesBytesMax : tileBytesMax);
  const path = tilePath(level, index, width);
  const tile = await readPart(source, path, bytesMax);
  if (!isAbsence(tile) || tile.why !== 'absent' || width === tileWidth) return tile;
  const full = await readPart(source, tilePath(level, index, tileWidth), bytesMax);
  if (isAbsence(full)) return full.why === 'absent' ? tile : full;
  return level === 'entries' ? full : full.subarray(0, width * hashBytes);
}

export async function readPart(source: LogSource, path: string, bytesMax: number): Promise<Buffer | Absence> {
  try {
    return (await source.read(path, bytesMax)) ?? { message: `${path} is not there`, why: 'absent' };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { message: error.message, why: error.isTooLarge ? 'large' : error.isRefused ? 'refused' : 'failed' };
  }
}
