/*
 * Canonical JSON of the log: RFC 8785 of strings, booleans, arrays and objects. Numbers and null have no place in it. Written here from
 * the specification, apart from the service's own.
 */

export type Json = string | boolean | readonly Json[] | { readonly [name: string]: Json };
export type JsonRecord = Readonly<Record<string, Json>>;

/** Reads text that is canonical; undefined for anything else. */
export function readCanonical(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return canonicalText(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The canonical text. Throws `TypeError` for a value that has none. */
export function canonicalText(value: Json): string {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('A lone surrogate has no canonical form.');
    return JSON.stringify(value);
  }
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) throw new TypeError(`A ${typeof value} has no canonical form here.`);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${canonicalText(name)}:${canonicalText((value as JsonRecord)[name] as Json)}`).join(',')}}`;
}

export function isRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
