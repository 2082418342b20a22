import { parseHead } from '../note/tree-head.ts';
import { noteBytesMax } from '../note/signed-note.ts';
import type { LogSource } from './log-source.ts';
import { tilePath, tileWidth } from './tile-path.ts';

const hashBytes = 32;
const tilePattern = /^tile\/(entries|\d+)\/((?:x\d{3}\/)*\d{3})\.p\/(\d+)$/;

/**
 * A log of which only a beginning is read. Where it shows one head alone, as a copy does, its tiles at the end are wider than those that are asked
 * for: they begin with the same hashes.
 */
export class LongerLogSource implements LogSource {
  readonly isLive = false;
  readonly name: string;
  readonly #source: LogSource;
  #size: Promise<number> | undefined;

  constructor(source: LogSource) {
    this.#source = source;
    this.name = source.name;
  }

  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    const asked = await this.#source.read(path, bytesMax);
    const [, level, number = '', width] = tilePattern.exec(path) ?? [];
    if (asked !== undefined || level === undefined) return asked;
    const index = Number(number.replaceAll(/[x/]/g, ''));
    const atLevel = level === 'entries' ? 0 : Number(level);
    const hashes = Math.floor((await this.#headSize()) / tileWidth ** atLevel) - index * tileWidth;
    if (hashes <= Number(width)) return undefined;
    const wider = await this.#source.read(tilePath(level === 'entries' ? level : atLevel, index, Math.min(hashes, tileWidth)), bytesMax);
    return level === 'entries' ? wider : wider?.subarray(0, Number(width) * hashBytes);
  }

  /** Only says which names there are; it is not believed. */
  #headSize(): Promise<number> {
    this.#size ??= this.#source.read('checkpoint', noteBytesMax).then((bytes) => Number((bytes && parseHead(bytes)?.size) ?? 0n));
    return this.#size;
  }
}
