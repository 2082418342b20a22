import { GrowingMap } from './growing-map.ts';

/** A state holds something that its text could not bring back. Nothing was written. */
export class StateNotTextualDefect extends Error {
  override readonly name = 'StateNotTextualDefect';
}

/**
 * The exact text of an aggregate's state: strings, booleans, bigints, arrays, maps, sets, growing maps and objects of these, in JSON. What
 * JSON has no word for is an object with one member whose name begins with `$`; an object's own names that begin so get a second one.
 * Throws `StateNotTextualDefect` for anything else.
 */
export function stateText(state: unknown): string {
  return JSON.stringify(wordOf(state));
}

/** The state that `stateText` was given. Throws for any other text. */
export function stateOfText(text: string): unknown {
  return valueOf(JSON.parse(text) as Word);
}

type Word = string | boolean | Word[] | { readonly [name: string]: Word };

function wordOf(value: unknown): Word {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return { $n: value.toString() };
  if (Array.isArray(value)) return value.map(wordOf);
  if (value instanceof Map) return { $map: entryWords(value) };
  if (value instanceof Set) return { $set: Array.from(value, wordOf) };
  if (value instanceof GrowingMap) return { $growing: entryWords((value as GrowingMap<unknown, unknown>).entries()) };
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) return objectWord(value);
  throw new StateNotTextualDefect(`A state holds a ${typeof value}${value === null ? ' (null)' : ''} that has no text.`);
}

function entryWords(entries: Iterable<readonly [unknown, unknown]>): Word[] {
  return Array.from(entries, ([key, value]) => [wordOf(key), wordOf(value)]);
}

/** `fromEntries`, and no assignment: a member may be called `__proto__`. */
function objectWord(value: object): Word {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.startsWith('$') ? `$${name}` : name, wordOf(member)]));
}

function valueOf(word: Word): unknown {
  if (typeof word !== 'object') return word;
  if (Array.isArray(word)) return word.map(valueOf);
  const members = Object.entries(word);
  const [first] = members;
  if (first !== undefined && /^\$(?!\$)/.test(first[0])) return markedValue(...first);
  return Object.fromEntries(members.map(([name, member]) => [name.startsWith('$') ? name.slice(1) : name, valueOf(member)]));
}

function markedValue(mark: string, word: Word): unknown {
  switch (mark) {
    case '$n':
      return BigInt(word as string);
    case '$map':
      return new Map(entriesOf(word));
    case '$set':
      return new Set((word as Word[]).map(valueOf));
    case '$growing':
      return GrowingMap.of(entriesOf(word));
    default:
      throw new StateNotTextualDefect(`The text of a state has an unknown mark ${mark}.`);
  }
}

function entriesOf(word: Word): [unknown, unknown][] {
  return (word as [Word, Word][]).map(([key, value]) => [valueOf(key), valueOf(value)]);
}
