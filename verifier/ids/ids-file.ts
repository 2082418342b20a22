import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Event ids cannot be written or read: this says nothing of the log. */
export class IdsFileError extends Error {
  override readonly name = 'IdsFileError';
}

/** A file for event ids. Bytes are added at its end and never changed. */
export interface IdsFile {
  /** Answers where the bytes stand. */
  append(bytes: Uint8Array): number;
  /** Fills the bytes with those that stand there. */
  read(at: number, into: Uint8Array): void;
  /** Durable when it returns. */
  sync(): void;
  close(): void;
}

/** A file that nobody finds: it has no name any more once it is open, so it is gone whenever and however the process ends. */
export class TemporaryIdsFile implements IdsFile {
  readonly #folder: string;
  #opened: { readonly file: OpenIdsFile; readonly path: string } | undefined;

  /** The folder is written to when there is something to write. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  append(bytes: Uint8Array): number {
    return this.#open().append(bytes);
  }

  read(at: number, into: Uint8Array): void {
    this.#open().read(at, into);
  }

  sync(): void {
    // Nobody reads it after this process.
  }

  close(): void {
    if (this.#opened === undefined) return;
    this.#opened.file.close();
    rmSync(this.#opened.path, { force: true });
    this.#opened = undefined;
  }

  #open(): OpenIdsFile {
    if (this.#opened !== undefined) return this.#opened.file;
    const path = join(this.#folder, `tallyroot-verify-${randomUUID()}.ids`);
    this.#opened = { file: new OpenIdsFile(path, 'wx+'), path };
    try {
      rmSync(path);
    } catch {
      // A system that keeps the name of an open file: it is removed when it is closed.
    }
    return this.#opened.file;
  }
}

/** A file that is kept. */
export class OpenIdsFile implements IdsFile {
  readonly #path: string;
  readonly #file: number;
  #end: number;

  /** `wx+` for a new file, `r+` for one that is there; then the bytes are added from `end` on. */
  constructor(path: string, flags: 'wx+' | 'r+', end = 0) {
    this.#path = path;
    this.#end = end;
    this.#file = this.#try('opened', () => openSync(path, flags, 0o600));
  }

  get end(): number {
    return this.#end;
  }

  append(bytes: Uint8Array): number {
    const at = this.#end;
    this.#try('written', () => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done, bytes.length - done, at + done);
    });
    this.#end += bytes.length;
    return at;
  }

  read(at: number, into: Uint8Array): void {
    this.#try('read', () => {
      for (let done = 0; done < into.length;) {
        const count = readSync(this.#file, into, done, into.length - done, at + done);
        if (count === 0) throw new Error('it ends too early');
        done += count;
      }
    });
  }

  sync(): void {
    this.#try('written', () => fsyncSync(this.#file));
  }

  close(): void {
    closeSync(this.#file);
  }

  #try<Answer>(done: string, work: () => Answer): Answer {
    try {
      return work();
    } catch (error) {
      throw new IdsFileError(`The file for event ids ${this.#path} cannot be ${done}: ${(error as Error).message}`, { cause: error });
    }
  }
}
