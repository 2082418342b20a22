import { hash } from 'node:crypto';
import type { FoundRepeats, IdStore } from './id-store.ts';
import { IdTable } from './id-table.ts';
import { IdHash, readId, wordsOfId } from './id-words.ts';
import { type IdsFile, IdsFileError } from './ids-file.ts';
import { Ordinals, type OrdinalsState } from './ordinals.ts';

/** Where the last chunk of a partition stands, and its digest. */
interface Head {
  readonly at: number;
  readonly digest: Buffer;
}

/** The file has all ids below `count` when this is made. */
export interface FileIdsState {
  readonly count: number;
  /** Of the hash that puts an id into its partition. */
  readonly hashNumbers: Uint32Array;
  /** By partition; undefined where it has no id. */
  readonly heads: readonly (Head | undefined)[];
  /** Those that were known. */
  readonly repeats: OrdinalsState;
}

export interface FileIdStoreOptions {
  readonly file: IdsFile;
  readonly known: Ordinals;
  readonly from?: FileIdsState | undefined;
  readonly recordsPerChunk?: number;
  readonly idsAtOnceMax?: number;
}

const partitions = 256;
/** The id, then its ordinal. */
const wordsOfRecord = wordsOfId + 2;
const bytesOfWord = 4;
const digestBytes = 32;
/** How many records follow; where the chunk before it in the partition stands, plus one, or 0; and that one's digest. */
const wordsOfHeader = 3 + digestBytes / bytesOfWord;
const recordsPerChunkDefault = 512;
/** A partition with more of them is gone through once for each part of it. */
const idsAtOnceMaxDefault = 256 * 1024;

/**
 * Writes every id into a partition that its hash names, and finds repeats partition by partition in the end: the memory that it takes does not
 * depend on how many ids there are. Records lie in chunks; each names the one before it in its partition and has its digest, so the heads alone
 * bind every byte that is read.
 */
export class FileIdStore implements IdStore {
  readonly room = Infinity;
  readonly #options: FileIdStoreOptions;
  readonly #hash: IdHash;
  readonly #recordsPerChunk: number;
  readonly #known: Ordinals;
  /** By partition the chunk that is being filled, its header included. */
  readonly #filling: readonly Uint32Array[];
  readonly #filled = new Uint32Array(partitions);
  readonly #heads: (Head | undefined)[];
  readonly #id = new Uint32Array(wordsOfId);
  #count: number;

  constructor(options: FileIdStoreOptions) {
    const { known, from, recordsPerChunk = recordsPerChunkDefault } = options;
    this.#options = options;
    this.#known = known;
    this.#recordsPerChunk = recordsPerChunk;
    this.#hash = new IdHash(from?.hashNumbers);
    this.#heads = from === undefined ? Array.from({ length: partitions }, () => undefined) : [...from.heads];
    this.#count = from?.count ?? 0;
    const words = wordsOfHeader + recordsPerChunk * wordsOfRecord;
    const all = new Uint32Array(partitions * words);
    this.#filling = Array.from({ length: partitions }, (_, partition) => all.subarray(partition * words, (partition + 1) * words));
  }

  add(id: string): boolean {
    readId(id, this.#id, 0);
    const partition = this.#hash.of(this.#id, 0) % partitions;
    const filled = this.#filled[partition] as number;
    const chunk = this.#filling[partition] as Uint32Array;
    const at = wordsOfHeader + filled * wordsOfRecord;
    for (let word = 0; word < wordsOfId; word++) chunk[at + word] = this.#id[word] as number;
    writeNumber(chunk, at + wordsOfId, this.#count);
    this.#filled[partition] = filled + 1;
    if (filled + 1 === this.#recordsPerChunk) this.#write(partition);
    return !this.#known.has(this.#count++);
  }

  findRepeats(): FoundRepeats {
    const repeats = new Ordinals();
    const seen = new IdTable();
    for (let partition = 0; partition < partitions; partition++) this.#searchPart(partition, { of: 1, part: 0 }, seen, repeats);
    return { repeats, wereKnown: this.#known.below(this.#count).equals(repeats) };
  }

  goingOn(known: Ordinals): FileIdStore {
    return new FileIdStore({ ...this.#options, known, from: this.state() });
  }

  /** Durable when it returns, and stays true whatever is added later. */
  state(): FileIdsState {
    for (let partition = 0; partition < partitions; partition++) if (this.#filled[partition] !== 0) this.#write(partition);
    this.#options.file.sync();
    const repeats = this.#known.below(this.#count).state();
    return { count: this.#count, hashNumbers: this.#hash.numbers, heads: [...this.#heads], repeats };
  }

  close(): void {
    this.#options.file.close();
  }

  /** Takes one part of a partition, in the order in which ids were added, or each half of it where it has too many at once. */
  #searchPart(partition: number, { of, part }: { readonly of: number; readonly part: number }, seen: IdTable, repeats: Ordinals): void {
    const { idsAtOnceMax = idsAtOnceMaxDefault } = this.#options;
    seen.clear();
    for (const chunk of this.#chunksOf(partition)) {
      for (let at = wordsOfHeader; at < chunk.length; at += wordsOfRecord) {
        if (of > 1 && Math.floor(this.#hash.of(chunk, at) / partitions) % of !== part) continue;
        if (!seen.add(chunk, at)) repeats.add(readNumber(chunk, at + wordsOfId));
        else if (seen.size > idsAtOnceMax) {
          for (const half of [part, part + of]) this.#searchPart(partition, { of: 2 * of, part: half }, seen, repeats);
          return;
        }
      }
    }
  }

  /** The chunks of a partition, the oldest first, each until the next one is asked for. */
  *#chunksOf(partition: number): Generator<Uint32Array> {
    const heads: Head[] = [];
    const header = new Uint32Array(wordsOfHeader);
    for (let head = this.#heads[partition]; head !== undefined; head = headBefore(head, header)) {
      heads.push(head);
      this.#read(head.at, header);
    }
    const buffer = new Uint32Array(wordsOfHeader + this.#recordsPerChunk * wordsOfRecord);
    for (const { at, digest } of heads.reverse()) {
      this.#read(at, header);
      const [records] = header;
      if (records === undefined || records > this.#recordsPerChunk) throw damaged();
      const chunk = buffer.subarray(0, wordsOfHeader + records * wordsOfRecord);
      this.#read(at, chunk);
      if (!digestOf(chunk).equals(digest)) throw damaged();
      yield chunk;
    }
    yield this.#chunkFilling(partition);
  }

  #chunkFilling(partition: number): Uint32Array {
    return (this.#filling[partition] as Uint32Array).subarray(0, wordsOfHeader + (this.#filled[partition] as number) * wordsOfRecord);
  }

  #write(partition: number): void {
    const chunk = this.#chunkFilling(partition);
    const before = this.#heads[partition];
    chunk[0] = this.#filled[partition] as number;
    writeNumber(chunk, 1, before === undefined ? 0 : before.at + 1);
    bytesOf(chunk).fill(0, 3 * bytesOfWord, wordsOfHeader * bytesOfWord);
    if (before !== undefined) bytesOf(chunk).set(before.digest, 3 * bytesOfWord);
    this.#heads[partition] = { at: this.#options.file.append(bytesOf(chunk)), digest: digestOf(chunk) };
    this.#filled[partition] = 0;
  }

  #read(at: number, into: Uint32Array): void {
    this.#options.file.read(at, bytesOf(into));
  }
}

/** What a chunk's header says of the one before it: chunks are only ever added at the end. */
function headBefore({ at }: Head, header: Uint32Array): Head | undefined {
  const place = readNumber(header, 1);
  if (place === 0) return undefined;
  if (place > at) throw damaged();
  return { at: place - 1, digest: Buffer.from(bytesOf(header).subarray(3 * bytesOfWord)) };
}

function damaged(): IdsFileError {
  return new IdsFileError('The file for event ids is damaged. Delete it, and the state that it belongs to: the verification begins anew.');
}

function digestOf(chunk: Uint32Array): Buffer {
  return hash('sha256', bytesOf(chunk), 'buffer');
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

function writeNumber(words: Uint32Array, at: number, value: number): void {
  words[at] = value % 2 ** 32;
  words[at + 1] = Math.floor(value / 2 ** 32);
}

function readNumber(words: Uint32Array, at: number): number {
  return (words[at] as number) + (words[at + 1] as number) * 2 ** 32;
}
