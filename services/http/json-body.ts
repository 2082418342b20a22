import { isUtf8 } from 'node:buffer';
import { ProblemError } from './problem-error.ts';

/** Deeper than any command, and shallow enough for everything that walks through a body afterwards. */
const depthMax = 8;
const decoder = new TextDecoder();

/**
 * Reads a body that every reader understands alike: one JSON object in UTF-8, without a name that stands twice in one object (one reader
 * would take the first value, another the last) and without endless nesting. Throws the problem `body_malformed` for anything else.
 */
export function readJsonBody(bytes: Uint8Array): object {
  const text = isUtf8(bytes) ? decoder.decode(bytes) : '';
  const body = parsed(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !isUnambiguous(text)) throw new ProblemError('body_malformed');
  return body;
}

/** Undefined for a text that is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Looks at the names and the nesting of a text that is known to be JSON. */
function isUnambiguous(text: string): boolean {
  // The names of each object around the place where the scan is; undefined for a list.
  const around: (Set<string> | undefined)[] = [];
  let nameComes = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') {
      const end = endOfString(text, at);
      if (nameComes && !isNewName(JSON.parse(text.slice(at, end)) as string, around.at(-1))) return false;
      at = end - 1;
      nameComes = false;
    } else if (sign === '{' || sign === '[') {
      if (around.push(sign === '{' ? new Set() : undefined) > depthMax) return false;
      nameComes = sign === '{';
    } else if (sign === '}' || sign === ']') {
      around.pop();
      nameComes = false;
    } else if (sign === ',') nameComes = around.at(-1) !== undefined;
  }
  return true;
}

/** `__proto__` would not be a field of the object that is made of it. */
function isNewName(name: string, names: Set<string> | undefined): boolean {
  if (name === '__proto__' || names?.has(name) === true) return false;
  names?.add(name);
  return true;
}

/** Behind the closing quote of the string that begins here. */
function endOfString(text: string, begin: number): number {
  let at = begin + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
