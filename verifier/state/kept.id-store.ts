import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FileIdStore, type FileIdsState } from '../ids/file.id-store.ts';
import { IdsFileError, OpenIdsFile } from '../ids/ids-file.ts';
import type { Ordinals } from '../ids/ordinals.ts';

export interface KeptIdsState extends FileIdsState {
  /** Of the file, beside the state. */
  readonly name: string;
  /** So long is the file as far as the state goes. */
  readonly end: number;
}

/**
 * The files for event ids that lie beside a state. Whatever states name a file, each has a beginning of it, which never changes: a crash between
 * the file and the state leaves bytes behind that beginning, and nothing else.
 */
export class KeptIds {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #recordsPerChunk: number | undefined;
  /** Files of this process, which have an end of their own. */
  readonly #files = new Map<string, OpenIdsFile>();

  constructor(statePath: string, { recordsPerChunk }: { readonly recordsPerChunk?: number | undefined } = {}) {
    this.#folder = dirname(statePath);
    this.#prefix = `${basename(statePath)}.ids-`;
    this.#recordsPerChunk = recordsPerChunk;
  }

  /** A store that goes on from a state, or has a file of its own that is still without ids. */
  open(known: Ordinals, from?: KeptIdsState): KeptIdStore {
    const name = from?.name ?? `${this.#prefix}${randomUUID()}`;
    const file = from === undefined ? new OpenIdsFile(join(this.#folder, name), 'wx+') : this.#reopened(from);
    this.#files.set(name, file);
    const recordsPerChunk = this.#recordsPerChunk === undefined ? {} : { recordsPerChunk: this.#recordsPerChunk };
    return new KeptIdStore({ file, known, from, ...recordsPerChunk }, name, () => this.#remove(name));
  }

  /** Removes all files but these. None is open. */
  keepOnly(names: readonly (string | undefined)[]): void {
    for (const name of existsSync(this.#folder) ? readdirSync(this.#folder) : [])
      if (name.startsWith(this.#prefix) && !names.includes(name)) this.#remove(name);
  }

  /** What stands behind the end was written by a process that was cut off; or by this one, for a state that another one may still name. */
  #reopened({ name, end }: KeptIdsState): OpenIdsFile {
    const path = join(this.#folder, name);
    if (!existsSync(path))
      throw new IdsFileError(`${path} is not there. Delete the state that it belongs to: the verification begins anew.`);
    if (statSync(path).size < end) throw new IdsFileError(`${path} ends too early. Delete it, and the state that it belongs to.`);
    const before = this.#files.get(name);
    if (before === undefined) truncateSync(path, end);
    return new OpenIdsFile(path, 'r+', before?.end ?? end);
  }

  #remove(name: string): void {
    rmSync(join(this.#folder, name), { force: true });
    this.#files.delete(name);
  }
}

/** A store whose file goes on beside the state that names it. */
export class KeptIdStore extends FileIdStore {
  readonly #file: OpenIdsFile;
  readonly #name: string;
  readonly #remove: () => void;
  #isKept: boolean;

  constructor(options: ConstructorParameters<typeof FileIdStore>[0] & { readonly file: OpenIdsFile }, name: string, remove: () => void) {
    super(options);
    this.#file = options.file;
    this.#name = name;
    this.#remove = remove;
    this.#isKept = options.from !== undefined;
  }

  override state(): KeptIdsState {
    this.#isKept = true;
    return { ...super.state(), name: this.#name, end: this.#file.end };
  }

  /** A file that no state names is of no use to anybody. */
  override close(): void {
    super.close();
    if (!this.#isKept) this.#remove();
  }
}
