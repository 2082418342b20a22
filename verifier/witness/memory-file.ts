import { closeSync, existsSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isObject, parseJson } from '../log/canonical-json.ts';
import { parseHead, type SignedHead } from '../note/tree-head.ts';
import { takeProcessLock } from '../state/process-lock.ts';
import type { WitnessMemory } from './witness.ts';

/** The memory cannot be used as it is; the message says what to do. */
export class MemoryFileError extends Error {
  override readonly name = 'MemoryFileError';
}

const version = 'tallyroot-witness-memory/1';

/**
 * The heads that a witness cosigned last, in a file: `{"v","heads":[<base64 of a signed head>]}`. It is replaced as a whole, so that a crash
 * leaves the old one or the new one. A witness that forgot is no witness: a file that is missing or damaged is an error, never a fresh start.
 */
export class MemoryFile implements WitnessMemory {
  readonly #path: string;
  readonly #release: () => void;
  /** What the file holds. */
  #text: string;
  #heads: ReadonlyMap<string, SignedHead>;

  /** Begins a memory that holds nothing. Throws where there is one already. */
  static create(path: string): void {
    writeFileSync(path, textOf([]), { mode: 0o600, flag: 'wx', flush: true });
    syncFolderOf(path);
  }

  /** Takes the file for this process. Throws `MemoryFileError`. */
  constructor(path: string) {
    if (!existsSync(path))
      throw new MemoryFileError(`There is no ${path}. --new-key begins one; a witness that lost what it saw begins with a new key.`);
    this.#path = realpathSync(path);
    this.#release = takeProcessLock(`${this.#path}.lock`, (pid) => {
      throw new MemoryFileError(`Process ${pid} works with ${path}. Two witnesses with one memory would each forget what the other saw.`);
    });
    try {
      this.#text = readFileSync(this.#path, 'utf8');
      this.#heads = headsIn(this.#text, path);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  get(origin: string): SignedHead | undefined {
    return this.#heads.get(origin);
  }

  set(head: SignedHead): void {
    const heads = new Map(this.#heads).set(head.origin, head);
    const text = textOf([...heads.values()]);
    if (readFileSync(this.#path, 'utf8') !== this.#text)
      throw new MemoryFileError(`${this.#path} was changed by somebody else. Nothing is cosigned until this witness is started again.`);
    const unfinished = `${this.#path}.unfinished`;
    writeFileSync(unfinished, text, { mode: 0o600, flush: true });
    renameSync(unfinished, this.#path);
    this.#text = text;
    syncFolderOf(this.#path);
    this.#heads = heads;
  }

  close(): void {
    this.#release();
  }
}

function headsIn(text: string, path: string): Map<string, SignedHead> {
  const fields = parseJson(text);
  const { v, heads: notes } = isObject(fields) ? fields : {};
  const heads = Array.isArray(notes)
    ? notes.map((note) => (typeof note === 'string' ? parseHead(Buffer.from(note, 'base64')) : undefined))
    : [];
  if (v !== version || !Array.isArray(notes) || heads.includes(undefined))
    throw new MemoryFileError(`${path} is damaged. Restore the newest copy there is, or begin as a new witness: new key, new memory.`);
  return new Map((heads as SignedHead[]).map((head) => [head.origin, head]));
}

function textOf(heads: readonly SignedHead[]): string {
  return `${JSON.stringify({ v: version, heads: heads.map(({ note }) => note.bytes.toString('base64')) })}\n`;
}

/** A rename is durable when its folder is. */
function syncFolderOf(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
