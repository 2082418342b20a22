import { hashBytes } from '../tree/node-hash.ts';
import { type LogSource, UnreadableError } from './log-source.ts';
import { payloadsPath, tilePath, tileWidth } from './tile-path.ts';

/** Why a file of the log is not at hand. */
export interface Absence {
  readonly message: string;
  /** `absent`: there is none. `refused`: it is not for us. `failed`: it could not be had. */
  readonly why: 'absent' | 'refused' | 'failed';
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

export function isAbsence(part: object): part is Absence {
  return 'why' in part;
}

/** Reads the bundle that begins with a leaf; what is not wanted is not asked for. */
export async function readBundle(source: LogSource, start: number, width: number, unwanted: Unwanted): Promise<Bundle> {
  const index = start / tileWidth;
  const [tile, entries, payloads] = await Promise.all([
    readTile(source, 0, index, width),
    unwanted.entries ?? readTile(source, 'entries', index, width),
    unwanted.payloads ?? readPart(source, payloadsPath(index), payloadsBytesMax),
  ]);
  return { start, width, tile, entries, payloads };
}

/** The tile of this width, or the beginning of the full one that took its place when the log grew. */
export async function readTile(source: LogSource, level: number | 'entries', index: number, width: number): Promise<Buffer | Absence> {
  const bytesMax = level === 'entries' ? entriesBytesMax : tileBytesMax;
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
    return { message: error.message, why: error.isRefused ? 'refused' : 'failed' };
  }
}
