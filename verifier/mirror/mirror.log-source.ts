import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseJson, isObject } from '../log/canonical-json.ts';
import { type LogSource, UnreadableError } from '../source/log-source.ts';

/** Files that a log writes anew as it grows. */
const changing = new Set(['checkpoint', 'log.vkey', 'anchors.jsonl']);
const linesOfFullFile = 256;

/**
 * A live log, read through a copy of it: what the copy has is never asked for again, and what is new lands in `incoming`, beside the copy, until
 * somebody has verified it. Only names that this program makes up are written to.
 */
export class MirrorLogSource implements LogSource {
  readonly isLive: boolean;
  readonly name: string;
  readonly hasToken: boolean;
  readonly #live: LogSource;
  readonly #copy: string;
  readonly #incoming: string;
  /** Leaves whose payload the log has lost, or hides by now, and the copy still has. */
  keptPayloads = 0;
  /** Bytes that came from the log. */
  bytesRead = 0;

  constructor(live: LogSource, { copy, incoming }: { readonly copy: string; readonly incoming: string }) {
    this.isLive = live.isLive;
    this.name = live.name;
    this.hasToken = live.hasToken ?? false;
    this.#live = live;
    this.#copy = copy;
    this.#incoming = incoming;
  }

  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    if (changing.has(path)) return this.#readChanging(path, bytesMax);
    if (path.startsWith('payloads/')) return this.#readPayloads(path, bytesMax);
    return this.#held(path, bytesMax) ?? this.#take(path, bytesMax);
  }

  async #readChanging(path: string, bytesMax: number): Promise<Buffer | undefined> {
    const bytes = await this.#ask(path, bytesMax);
    const held = this.#held(path, bytesMax);
    if (bytes === undefined) return path === 'anchors.jsonl' ? held : undefined;
    // What the log once said of its anchors it cannot unsay.
    const whole = path === 'anchors.jsonl' && held !== undefined ? unionOfLines(held, bytes) : bytes;
    this.#write(path, whole);
    return whole;
  }

  /** A full file is final, unless something in it was withheld before and may not be by now. */
  async #readPayloads(path: string, bytesMax: number): Promise<Buffer | undefined> {
    const held = this.#held(path, bytesMax);
    if (held !== undefined && isFinal(held, this.hasToken)) return held;
    const bytes = await this.#askForPayloads(path, bytesMax, held);
    if (bytes === undefined) return held;
    const merged = held === undefined ? bytes : this.#merged(held, bytes);
    this.#write(path, merged);
    return merged;
  }

  /** Who has a copy goes on without the log's leave. */
  async #askForPayloads(path: string, bytesMax: number, held: Buffer | undefined): Promise<Buffer | undefined> {
    try {
      return await this.#ask(path, bytesMax);
    } catch (error) {
      if (held === undefined || !(error instanceof UnreadableError && error.isRefused)) throw error;
      return undefined;
    }
  }

  /** Each line as the log has it now, but never less than what it had before. */
  #merged(held: Buffer, bytes: Buffer): Buffer {
    const before = held.toString('utf8').split('\n');
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .map((line, place) => {
        const own = before[place];
        if (own === undefined || own === '' || !isOpen(own) || isOpen(line)) return line;
        this.keptPayloads++;
        return own;
      });
    return Buffer.from([...lines, ...before.slice(lines.length)].join('\n'));
  }

  async #take(path: string, bytesMax: number): Promise<Buffer | undefined> {
    const bytes = await this.#ask(path, bytesMax);
    if (bytes !== undefined) this.#write(path, bytes);
    return bytes;
  }

  async #ask(path: string, bytesMax: number): Promise<Buffer | undefined> {
    const bytes = await this.#live.read(path, bytesMax);
    this.bytesRead += bytes?.length ?? 0;
    return bytes;
  }

  /** What came in last goes before what was verified: for a tile they cannot differ, and a file of payloads only grows. */
  #held(path: string, bytesMax: number): Buffer | undefined {
    const place = [this.#incoming, this.#copy].map((folder) => join(folder, path)).find((file) => existsSync(file));
    if (place === undefined) return undefined;
    const bytes = readFileSync(place);
    if (bytes.length > bytesMax)
      throw new UnreadableError(`${place} has ${bytes.length} bytes; it may have ${bytesMax}.`, { isTooLarge: true });
    return bytes;
  }

  #write(path: string, bytes: Buffer): void {
    writeWhole(join(this.#incoming, path), bytes);
  }
}

/** Writes a file that is whole or not there, and durable. */
export function writeWhole(path: string, bytes: Buffer | string): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, 'w');
  try {
    for (let rest = Buffer.from(bytes as string); rest.length > 0;) rest = rest.subarray(writeSync(file, rest));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}

function isFinal(file: Buffer, mayOpenMore: boolean): boolean {
  const lines = file.toString('latin1').trimEnd().split('\n');
  return lines.length === linesOfFullFile && (!mayOpenMore || lines.every(isOpen));
}

/** Does the line hold the stored event? */
function isOpen(line: string): boolean {
  const fields = parseJson(line);
  return isObject(fields) && typeof fields['data'] === 'string' && fields['data'] !== 'missing';
}

function unionOfLines(held: Buffer, bytes: Buffer): Buffer {
  const lines = [held, bytes].flatMap((file) => file.toString('utf8').split('\n'));
  return Buffer.from(
    [...new Set(lines)]
      .filter((line) => line !== '')
      .map((line) => `${line}\n`)
      .join(''),
  );
}
