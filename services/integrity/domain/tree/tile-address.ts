/*
 * Addresses of C2SP tlog-tiles. A tile holds up to 256 hashes: tile N of level L the roots of the full subtrees of 256^L leaves from number
 * N * 256 on. A tile that grows only ever gets hashes at its end, so a narrower version of it is its beginning.
 */

export const tileWidth = 256;
export const tileHeight = 8;

/** `entries` is the bundle of entries that lie under tile N of level 0. */
export type TileLevel = number | 'entries';

export interface TileAddress {
  readonly level: TileLevel;
  readonly index: bigint;
  /** 1 to 256 hashes or entries; below 256 the tile is partial. */
  readonly width: number;
}

/** Relative to the log: `tile/0/x001/234.p/17`. */
export function tilePath({ level, index, width }: TileAddress): string {
  return `tile/${level}/${numberPath(index)}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** In groups of three digits, all but the last marked by an `x`: 1234067 is `x001/x234/067`. */
export function numberPath(index: bigint): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) as string[];
  return groups.map((group, place) => (place === groups.length - 1 ? group : `x${group}`)).join('/');
}

const addressPattern = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,6}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Reads a path as `tilePath` writes it; undefined for anything else, such as a number with leading groups of zeros. */
export function parseTilePath(path: string): TileAddress | undefined {
  const [, levelText, number, widthText] = addressPattern.exec(path) ?? [];
  if (levelText === undefined || number === undefined) return undefined;
  const width = widthText === undefined ? tileWidth : Number(widthText);
  const address = { level: levelText === 'entries' ? levelText : Number(levelText), index: parseNumber(number), width } as const;
  return tilePath(address) === path ? address : undefined;
}

const numberPattern = /^(?:x\d{3}\/){0,6}\d{3}$/;

/** Reads a number as `numberPath` writes it. */
export function parseNumberPath(path: string): bigint | undefined {
  if (!numberPattern.test(path)) return undefined;
  const index = parseNumber(path);
  return numberPath(index) === path ? index : undefined;
}

function parseNumber(path: string): bigint {
  return BigInt(path.replaceAll(/[x/]/g, ''));
}

/** Every tile of a tree of this size: all full ones and the partial one of each level, bundles of entries excluded. */
export function* tilesOf(size: bigint): Iterable<TileAddress & { readonly level: number }> {
  for (let level = 0, hashes = size; hashes > 0n; level++, hashes >>= BigInt(tileHeight)) yield* tilesOfLevel(level, hashes);
}

/** The bundles of entries of a log of this size. */
export function bundlesOf(size: bigint): Iterable<TileAddress> {
  return tilesOfLevel('entries', size);
}

function* tilesOfLevel<Level extends TileLevel>(level: Level, hashes: bigint): Iterable<TileAddress & { readonly level: Level }> {
  const full = hashes / BigInt(tileWidth);
  for (let index = 0n; index < full; index++) yield { level, index, width: tileWidth };
  const width = Number(hashes % BigInt(tileWidth));
  if (width > 0) yield { level, index: full, width };
}
