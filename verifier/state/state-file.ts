import { hash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { Ordinals } from '../ids/ordinals.ts';
import { KeptIds, type KeptIdsState, type KeptIdStore } from './kept.id-store.ts';
import type { ResumePoint, ResumeStore } from './resume-point.ts';

/** The first bytes of a file; another number is another layout. */
const magicName = 'tallyroot-verify-state/';
const magic = `${magicName}4\n`;
const digestBytes = 32;
const lengthBytes = 6;
const saveDelayMs = 30_000;
/** At most a twentieth of the time goes into saving. */
const saveShare = 20;

export interface StateFileOptions {
  /** Time between two savings at least. */
  readonly delayMs?: number;
  /** Event ids that are written to disk at once. */
  readonly recordsPerChunk?: number;
}

/**
 * A file that remembers where a verification is. It is the auditor's own and is believed, as the disk is; a torn or changed one is told from a
 * whole one by its digest, and is an error: it is never taken for a new one. Event ids lie beside it, in a file that it names and whose bytes
 * it binds. One process at a time works on it.
 */
export class StateFile implements ResumeStore {
  readonly #path: string;
  readonly #delayMs: number;
  readonly #ids: KeptIds;
  #dueAt: number;
  #begunAt: number;

  constructor(path: string, { delayMs = saveDelayMs, recordsPerChunk }: StateFileOptions = {}) {
    this.#path = path;
    this.#delayMs = delayMs;
    this.#ids = new KeptIds(path, { recordsPerChunk });
    this.#begunAt = performance.now();
    this.#dueAt = this.#begunAt + delayMs;
  }

  load(): { readonly point: ResumePoint; readonly isBound: boolean } | undefined {
    this.#removeIdsNotNamed();
    const isBound = !existsSync(this.#unbound);
    const path = isBound ? this.#path : this.#unbound;
    return existsSync(path) ? { point: withFile(path, (file) => readPoint(file, path)), isBound } : undefined;
  }

  openIds(known: Ordinals, from?: KeptIdsState): KeptIdStore {
    return this.#ids.open(known, from);
  }

  isDue(): boolean {
    this.#begunAt = performance.now();
    return this.#begunAt >= this.#dueAt;
  }

  save(point: ResumePoint): void {
    const unfinished = `${this.#path}.unfinished`;
    const file = openSync(unfinished, 'w', 0o600);
    try {
      writePoint(file, point);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, this.#unbound);
    const end = performance.now();
    this.#dueAt = end + Math.max(this.#delayMs, (end - this.#begunAt) * saveShare);
  }

  bind(): void {
    if (existsSync(this.#unbound)) renameSync(this.#unbound, this.#path);
    this.#removeIdsNotNamed();
  }

  discard(): void {
    rmSync(this.#unbound, { force: true });
    this.#removeIdsNotNamed();
  }

  #removeIdsNotNamed(): void {
    const states = [this.#path, this.#unbound].filter((path) => existsSync(path));
    this.#ids.keepOnly(states.map((path) => withFile(path, (file) => readNameOfIds(file, path))));
  }

  get #unbound(): string {
    return `${this.#path}.unbound`;
  }
}

/** The state file cannot be used; delete it, or name another one. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError';
}

function withFile<Answer>(path: string, read: (file: number) => Answer): Answer {
  const file = openSync(path, 'r');
  try {
    return read(file);
  } finally {
    closeSync(file);
  }
}

function writePoint(file: number, point: ResumePoint): void {
  writeSync(file, magic);
  writeRecord(file, point.ids.name);
  writeRecord(file, point);
}

function readPoint(file: number, path: string): ResumePoint {
  readNameOfIds(file, path);
  return readRecord(file, path) as ResumePoint;
}

function readNameOfIds(file: number, path: string): string {
  const begin = readBytes(file, magic.length, path).toString('latin1');
  if (begin !== magic)
    throw new StateFileError(
      begin.startsWith(magicName)
        ? `${path} was written by another version of this verifier. Delete it: the verification begins anew.`
        : `${path} is no state of this verifier. Delete it, or name another file.`,
    );
  return readRecord(file, path) as string;
}

/** Length, digest, value. */
function writeRecord(file: number, value: unknown): void {
  const bytes = serialize(value);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(bytes.length, 0, lengthBytes);
  for (const part of [length, hash('sha256', bytes, 'buffer'), bytes]) writeAll(file, part);
}

function readRecord(file: number, path: string): unknown {
  const length = readBytes(file, lengthBytes, path).readUIntBE(0, lengthBytes);
  const digest = readBytes(file, digestBytes, path);
  const bytes = readBytes(file, length, path);
  if (!hash('sha256', bytes, 'buffer').equals(digest))
    throw new StateFileError(`${path} is damaged. Delete it: the verification begins anew.`);
  return deserialize(bytes) as unknown;
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

function readBytes(file: number, length: number, path: string): Buffer {
  const bytes = Buffer.alloc(Math.min(length, 2 ** 31));
  for (let read = 0; read < bytes.length;) {
    const count = readSync(file, bytes, read, bytes.length - read, null);
    if (count === 0) throw new StateFileError(`${path} ends too early. Delete it: the verification begins anew.`);
    read += count;
  }
  return bytes;
}
