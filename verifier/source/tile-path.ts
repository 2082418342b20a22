/*
 * Names of files as C2SP tlog-tiles has them. A tile holds up to 256 hashes: tile N of level L the roots of the full subtrees of 256^L leaves
 * from number N * 256 on; `tile/entries/N` the entries below tile N of level 0.
 */

export const tileWidth = 256;

/** Relative to the log: `tile/0/x001/234`, or `tile/0/x001/234.p/17` for a tile of 17 hashes. */
export function tilePath(level: number | 'entries', index: number, width: number): string {
  return `tile/${level}/${numberPath(index)}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** 256 stored events; the last file has fewer lines and the same kind of name. */
export function payloadsPath(index: number): string {
  return `payloads/${numberPath(index)}.jsonl`;
}

/** In groups of three digits, all but the last marked by an `x`: 1234067 is `x001/x234/067`. */
function numberPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) as string[];
  return groups.map((group, place) => (place === groups.length - 1 ? group : `x${group}`)).join('/');
}
