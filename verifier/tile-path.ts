/* Names of C2SP tlog-tiles, the same under a URL and in an export folder. */

export const tileWidth = 256;

/** `1234067` is `x001/x234/067`. */
export function numberPath(number: bigint): string {
  const digits = number.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) as string[];
  return groups.map((group, place) => (place === groups.length - 1 ? group : `x${group}`)).join('/');
}

/** Tile or bundle of entries `number`, of which the tree of a size has `width` hashes. */
export function tilePath(level: number | 'entries', number: bigint, width: number): string {
  return `tile/${level}/${numberPath(number)}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** Events `number * 256` and on; the last file is shorter and has the same name. */
export function payloadsPath(number: bigint): string {
  return `payloads/${numberPath(number)}.jsonl`;
}

/** How many of `hashes` stand in tile `number`. */
export function widthOf(number: bigint, hashes: bigint): number {
  const left = hashes - number * BigInt(tileWidth);
  return left >= BigInt(tileWidth) ? tileWidth : Number(left);
}
