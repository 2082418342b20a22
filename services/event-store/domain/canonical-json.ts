import { beginsWithDigit, isPlainFormOf, nestingMax } from './canonical-length.ts';
import { isPlainlyCanonical } from './canonical-scan.ts';

/**
 * Canonical JSON (RFC 8785, JCS) restricted to strings, booleans, arrays and objects.
 *
 * Numbers and null are refused on purpose: a double silently changes integers above 2^53, and an absent field says more than a
 * null. With those gone the canonical form is simply: members sorted by UTF-16 code units, no white space, JSON.stringify's
 * string escapes (which are those of RFC 8785 as long as there is no lone surrogate).
 */
export type Json = string | boolean | readonly Json[] | { readonly [name: string]: Json };

/** Text that `canonicalJson` wrote (or `parseCanonicalJson` accepted): the only text the event-store port takes. */
export type CanonicalJson = string & { readonly __canonical: unique symbol };

/** Thrown for a value that has no canonical form. A defect of the caller: nothing was written. */
export class NotCanonicalError extends Error {
  override readonly name = 'NotCanonicalError';
}

/** The one canonical text of a value. Throws `NotCanonicalError` for anything outside `Json`. */
export function canonicalJson(value: Json): CanonicalJson {
  return (isInOrder(value, 0) ? JSON.stringify(value) : textOf(value, 0)) as CanonicalJson;
}

/** Reads text that must already be canonical, byte for byte. Throws `NotCanonicalError` otherwise. */
export function parseCanonicalJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new NotCanonicalError('The text is not JSON.');
  }
  if (!isPlainFormOf(value, text) && textOf(value, 0) !== text)
    throw new NotCanonicalError('The text is JSON, but not in its canonical form.');
  return value;
}

/** Is the text what `parseCanonicalJson` takes? */
export function isCanonicalJson(text: string): boolean {
  if (isPlainlyCanonical(text)) return true;
  try {
    parseCanonicalJson(text);
    return true;
  } catch {
    return false; // Not JSON, or not canonical.
  }
}

/**
 * Is the value's text what `JSON.stringify` writes? That takes half the time, and a tenth of the garbage, of putting it together here.
 * False says nothing: names may be in another order, or the value may have no canonical form at all.
 */
function isInOrder(value: unknown, nesting: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'boolean') return true;
  if (nesting === nestingMax) return false;
  if (Array.isArray(value)) return areInOrder(value, nesting + 1);
  if (!isPlainObject(value)) return false;
  let previous: string | undefined;
  for (const name in value) {
    if ((previous !== undefined && name <= previous) || beginsWithDigit(name) || !name.isWellFormed()) return false;
    if (!isInOrder(value[name], nesting + 1)) return false;
    previous = name;
  }
  return true;
}

/** By a loop, which meets a hole as undefined. */
function areInOrder(values: readonly unknown[], nesting: number): boolean {
  for (const value of values) if (!isInOrder(value, nesting)) return false;
  return true;
}

function textOf(value: unknown, nesting: number): string {
  if (typeof value === 'string') return textOfString(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (nesting === nestingMax) throw new NotCanonicalError(`Canonical JSON is nested at most ${nestingMax} deep.`);
  if (Array.isArray(value)) return textOfArray(value, nesting + 1);
  if (isPlainObject(value)) return textOfObject(value, nesting + 1);
  throw new NotCanonicalError(`A ${describe(value)} has no place in canonical JSON.`);
}

/** Printable ASCII without a quote or a backslash: most strings of a ledger, and their own canonical form. */
const plainText = /^[ !#-[\]-~]*$/;

function textOfString(value: string): string {
  if (plainText.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) throw new NotCanonicalError('A string holds a lone surrogate.');
  return JSON.stringify(value);
}

function textOfArray(values: readonly unknown[], nesting: number): string {
  let text = '[';
  // By index, so that a hole is met as undefined and refused.
  for (let index = 0; index < values.length; index++) text += (index === 0 ? '' : ',') + textOf(values[index], nesting);
  return text + ']';
}

function textOfObject(value: Readonly<Record<string, unknown>>, nesting: number): string {
  const names = Object.keys(value);
  if (!isSorted(names)) names.sort(); // The default order is by UTF-16 code units, as RFC 8785 asks.
  let text = '{';
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    text += (index === 0 ? '' : ',') + textOfString(name) + ':' + textOf(value[name], nesting);
  }
  return text + '}';
}

function isSorted(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index++) if ((names[index - 1] as string) > (names[index] as string)) return false;
  return true;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') return value.constructor?.name ?? 'object';
  return typeof value;
}
