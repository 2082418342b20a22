import { hash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { IdSetState } from '../checks/id-set.ts';
import type { ResumePoint, ResumeStore } from './resume-point.ts';

/** The first bytes of a file; another number is another layout. */
const magic = 'tallyroot-verify-state/2\n';
const digestBytes = 32;
const lengthBytes = 6;
/** Ids are the bulk of a state and are written in pieces, since no buffer holds those of a very long log. */
const wordsPerPiece = 4 * 1024 * 1024;
const saveDelayMs = 30_000;
/** At most a twentieth of the time goes into saving. */
const saveShare = 20;

export interface StateFileOptions {
  /** Time between two savings at least. */
  readonly delayMs?: number;
}

/**
 * A file that remembers where a verification is. It is the auditor's own and is believed, as the disk is; a torn or changed one is told from a
 * whole one by its digest, and is an error: it is never taken for a new one.
 */
export class StateFile implements ResumeStore {
  readonly #path: string;
  readonly #delayMs: number;
  #dueAt = 0;

  constructor(path: string, { delayMs = saveDelayMs }: StateFileOptions = {}) {
    this.#path = path;
    this.#delayMs = delayMs;
    this.#dueAt = performance.now() + delayMs;
  }

  load(): { readonly point: ResumePoint; readonly isBound: boolean } | undefined {
    const isBound = !existsSync(this.#unbound);
    const path = isBound ? this.#path : this.#unbound;
    if (!existsSync(path)) return undefined;
    const file = openSync(path, 'r');
    try {
      return { point: readPoint(file, path), isBound };
    } finally {
      closeSync(file);
    }
  }

  isDue(): boolean {
    return performance.now() >= this.#dueAt;
  }

  save(point: ResumePoint): void {
    const begun = performance.now();
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
    this.#dueAt = end + Math.max(this.#delayMs, (end - begun) * saveShare);
  }

  bind(): void {
    if (existsSync(this.#unbound)) renameSync(this.#unbound, this.#path);
  }

  discard(): void {
    rmSync(this.#unbound, { force: true });
  }

  get #unbound(): string {
    return `${this.#path}.unbound`;
  }
}

/** The state file cannot be used; delete it, or name another one. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError';
}

function writePoint(file: number, point: ResumePoint): void {
  const { streams } = point.pass;
  const { words, hasNil } = streams.ids;
  const lean = { ...point, pass: { ...point.pass, streams: { ...streams, ids: { words: words.length, hasNil } } } };
  writeSync(file, magic);
  writeRecord(file, lean);
  for (let from = 0; from < words.length; from += wordsPerPiece) writeRecord(file, words.slice(from, from + wordsPerPiece));
}

function readPoint(file: number, path: string): ResumePoint {
  if (readBytes(file, magic.length, path).toString('latin1') !== magic)
    throw new StateFileError(`${path} is no state of this verifier. Delete it, or name another file.`);
  const lean = readRecord(file, path) as ResumePoint & { pass: { streams: { ids: { words: number; hasNil: boolean } } } };
  const { words: length, hasNil } = lean.pass.streams.ids;
  const words = new Uint32Array(length);
  for (let from = 0; from < length; from += wordsPerPiece) words.set(readRecord(file, path) as Uint32Array, from);
  const ids: IdSetState = { words, hasNil };
  return { ...lean, pass: { ...lean.pass, streams: { ...lean.pass.streams, ids } } };
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
