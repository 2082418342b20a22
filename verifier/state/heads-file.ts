import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { NoteOfHead } from '../checks/remembered-heads.ts';
import { isObject, parseJson } from '../log/canonical-json.ts';

/**
 * A file of tree heads in the order in which they were seen, one JSON object a line: `{"seen":<instant>,"note":<base64>}`. Lines are added and
 * never changed: whoever signed a head cannot take it back from who keeps it.
 */
export class HeadsFile {
  readonly #path: string;
  readonly #notes = new Map<string, string>();

  /** Throws for a file with a line that is none, but for a last one that was cut off by a crash. */
  constructor(path: string) {
    this.#path = path;
    for (const { note, seen } of existsSync(path) ? linesOf(readFileSync(path, 'utf8'), path) : []) this.#notes.set(note, seen);
  }

  get heads(): NoteOfHead[] {
    return [...this.#notes].map(([note, seen]) => ({ note: Buffer.from(note, 'base64'), from: `seen ${seen}` }));
  }

  /** Durable when it returns. A head that is there already is not added. */
  add(note: Buffer, seen = new Date()): void {
    const encoded = note.toString('base64');
    if (this.#notes.has(encoded)) return;
    const at = seen.toISOString();
    const isTorn = existsSync(this.#path) && !/(^|\n)$/.test(readFileSync(this.#path, 'utf8'));
    const file = openSync(this.#path, 'a', 0o644);
    try {
      writeSync(file, `${isTorn ? '\n' : ''}${JSON.stringify({ seen: at, note: encoded })}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    this.#notes.set(encoded, at);
  }
}

/** Reads the notes of a file as text: of `HeadsFile`, or one single note as a log serves it. */
export function headsIn(text: string, name: string): NoteOfHead[] {
  if (!text.startsWith('{')) return [{ note: Buffer.from(text), from: name }];
  return linesOf(text, name).map(({ note, seen }) => ({ note: Buffer.from(note, 'base64'), from: `${name}, seen ${seen}` }));
}

function linesOf(text: string, path: string): { seen: string; note: string }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, place) => {
    const fields = parseJson(line);
    const { seen, note } = isObject(fields) ? fields : {};
    if (typeof seen === 'string' && typeof note === 'string') return [{ seen, note }];
    if (line === '' || isTornLine(line)) return [];
    throw new SyntaxError(`Line ${place + 1} of ${path} is no tree head.`);
  });
}

/** The beginning of a line whose rest a crash kept from the disk. */
function isTornLine(line: string): boolean {
  return line.startsWith('{"seen":"') && !line.endsWith('}');
}
