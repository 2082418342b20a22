import type { Json } from './canonical-json.ts';

/** Arrays and objects inside each other. A limit of the format: where the stack ends is another place in every process. */
export const nestingMax = 256;

/**
 * Passes text that is canonical JSON, by the value it was parsed into: a quarter of what it costs to write the value again. False says
 * nothing: text with escapes, or with names that look like numbers, may still be canonical.
 *
 * Without escapes, a string is its own canonical form, and the only things that make two texts of one value differ are white space,
 * a name that is there twice, and the order of names. The first two make the text longer than the canonical one; the third shows in
 * the value, which keeps the names in the order of the text.
 */
export function isPlainFormOf(value: Json, text: string): boolean {
  return lengthOf(value, 0) === text.length && !text.includes('\\') && text.isWellFormed();
}

/** Length of the canonical text, NaN when the value has none or when it does not show the order of its names. */
function lengthOf(value: unknown, nesting: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value === 'boolean') return value ? 4 : 5;
  if (typeof value !== 'object' || value === null || nesting === nestingMax) return Number.NaN;
  return Array.isArray(value) ? lengthOfArray(value, nesting) : lengthOfObject(value as Readonly<Record<string, unknown>>, nesting);
}

function lengthOfArray(values: readonly unknown[], nesting: number): number {
  let length = 2 + Math.max(values.length - 1, 0);
  for (const value of values) length += lengthOf(value, nesting + 1);
  return length;
}

function lengthOfObject(value: Readonly<Record<string, unknown>>, nesting: number): number {
  let length = 1;
  let previous: string | undefined;
  for (const name in value) {
    if ((previous !== undefined && name <= previous) || beginsWithDigit(name)) return Number.NaN;
    length += name.length + 4 + lengthOf(value[name], nesting + 1); // Its quotes, the colon, and the comma or brace before it.
    previous = name;
  }
  return previous === undefined ? 2 : length;
}

/** Names that are whole numbers come first in a JavaScript object, wherever they stood in the text. */
export function beginsWithDigit(name: string): boolean {
  const code = name.charCodeAt(0);
  return code >= 48 && code <= 57;
}
