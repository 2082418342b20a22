/*
 * Canonical JSON (RFC 8785, JCS) of strings, booleans, arrays and objects. The log's format has no numbers and no null: a double silently
 * changes integers above 2^53, and an absent field says more than a null.
 */
export type Json = string | boolean | readonly Json[] | { readonly [name: string]: Json };

export type JsonObject = { readonly [name: string]: Json };

/** Arrays and objects inside each other. A limit of the format: the stack's would be another one in every thread. */
const nestingMax = 256;

/** The one canonical text of a value; undefined for a value that has none. */
export function canonicalTextOf(value: unknown): string | undefined {
  try {
    return textOf(value, 0);
  } catch (error) {
    if (error instanceof NoCanonicalForm) return undefined;
    throw error;
  }
}

/** Reads text that is canonical byte for byte; undefined for any other. */
export function parseCanonical(text: string): Json | undefined {
  const value = parseJson(text);
  return value !== undefined && canonicalTextOf(value) === text ? (value as Json) : undefined;
}

/** Reads JSON, canonical or not; undefined for text that is none. JSON's `null` reads as null. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class NoCanonicalForm extends Error {
  override readonly name = 'NoCanonicalForm';
}

function textOf(value: unknown, nesting: number): string {
  if (typeof value === 'string') return textOfString(value);
  if (typeof value === 'boolean') return String(value);
  if (nesting === nestingMax) throw new NoCanonicalForm(`Canonical JSON is nested at most ${nestingMax} deep.`);
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item, nesting + 1)).join(',')}]`;
  if (!isObject(value)) throw new NoCanonicalForm(`A ${typeof value} has no place in canonical JSON.`);
  // The default order is by UTF-16 code units, as RFC 8785 asks.
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${textOfString(name)}:${textOf(value[name], nesting + 1)}`).join(',')}}`;
}

/** RFC 8785 takes the escapes of JSON.stringify, as long as there is no lone surrogate. */
function textOfString(text: string): string {
  if (!text.isWellFormed()) throw new NoCanonicalForm('A string holds a lone surrogate.');
  return JSON.stringify(text);
}
