import type { CopiedEvent } from '../../event-store/application/append-copies.ts';
import { leafHashOf, leafOf } from '../domain/leaf.ts';
import { textSignedBy } from '../domain/signed-note.ts';
import { type TreeHead, treeHeadOf } from '../domain/tree-head.ts';
import { hashBytes } from '../domain/tree/node-hash.ts';
import { numberPath, tilePath, tileWidth } from '../domain/tree/tile-address.ts';
import { type LogMirror, MirrorFault } from './log-mirror.ts';

export interface MirroredLogSource {
  readonly mirror: LogMirror;
  readonly origin: string;
  /** Keys of the log, in C2SP text form: one of them signed the mirror's head. */
  readonly vkeys: readonly string[];
}

const noteBytesMax = 64 * 1024;
const genesisBytesMax = 1024 * 1024;
/** An event has at most 1 MiB, and base64 takes a third more. */
const payloadsBytesMax = tileWidth * 3 * 1024 * 1024;
const tileBytesMax = tileWidth * hashBytes;

/** What a mirror holds of a log, under a head that the log has signed. Leaves are numbered from 0. */
export class MirroredLog {
  readonly head: TreeHead;
  readonly #mirror: LogMirror;
  readonly #origin: string;

  private constructor({ mirror, origin }: MirroredLogSource, head: TreeHead) {
    this.#mirror = mirror;
    this.#origin = origin;
    this.head = head;
  }

  /** Throws `MirrorFault` for a mirror of another log, or one whose head the log did not sign. */
  static async open(source: MirroredLogSource): Promise<MirroredLog> {
    const { mirror, origin, vkeys } = source;
    const note = await mirror.read('checkpoint', noteBytesMax);
    if (note === undefined) throw new MirrorFault(`${mirror.name} holds no checkpoint: it is no copy of a log.`);
    const text = vkeys.map((vkey) => textSignedBy(note.toString('utf8'), vkey)).find((signed) => signed !== undefined);
    const head = text === undefined ? undefined : treeHeadOf(text, origin);
    if (head === undefined) throw new MirrorFault(`The checkpoint of ${mirror.name} is not signed by a key of the log ${origin}.`);
    return new MirroredLog(source, head);
  }

  get name(): string {
    return this.#mirror.name;
  }

  /** All leaf hashes up to the head, in order, up to 256 at once. Whether they have its root is for the caller to see. */
  async *hashes(): AsyncIterable<Buffer> {
    const { size } = this.head;
    for (let first = 0n; first < size; first += BigInt(tileWidth)) yield await this.#tile(first / BigInt(tileWidth), widthAt(first, size));
  }

  /** The stored events of the leaves from an index on. Throws `MirrorFault` at the first that is withheld, missing or not the leaf. */
  async *events(from: bigint): AsyncIterable<CopiedEvent> {
    const { size } = this.head;
    for (let first = from - (from % BigInt(tileWidth)); first < size; first += BigInt(tileWidth)) {
      const width = widthAt(first, size);
      const hashes = await this.#tile(first / BigInt(tileWidth), width);
      const lines = await this.#lines(first);
      for (let place = first < from ? Number(from - first) : 0; place < width; place++) {
        const hash = hashes.toString('hex', place * hashBytes, (place + 1) * hashBytes);
        yield this.#event(first + BigInt(place), lines[place], hash);
      }
    }
  }

  async #tile(index: bigint, width: number): Promise<Buffer> {
    const partial = await this.#mirror.read(tilePath({ level: 0, index, width }), tileBytesMax);
    // The full tile may have taken the place of a partial one when the mirror grew.
    const tile = partial ?? (await this.#mirror.read(tilePath({ level: 0, index, width: tileWidth }), tileBytesMax));
    if (tile === undefined || tile.length < width * hashBytes)
      throw new MirrorFault(`${this.name} has no whole ${tilePath({ level: 0, index, width })}.`);
    return tile.subarray(0, width * hashBytes);
  }

  async #lines(first: bigint): Promise<string[]> {
    const path = `payloads/${numberPath(first / BigInt(tileWidth))}.jsonl`;
    const file = await this.#mirror.read(path, payloadsBytesMax);
    if (file === undefined)
      throw new MirrorFault(
        `${this.name} has no ${path}: a mirror without payloads shows which events are missing and cannot bring them back. Take an export, or a mirror that holds payloads.`,
      );
    return file.toString('utf8').split('\n');
  }

  #event(index: bigint, line: string | undefined, hash: string): CopiedEvent {
    const event = line === undefined ? undefined : eventOf(line);
    if (event === 'withheld')
      throw new MirrorFault(`${this.name} withholds the payload of leaf ${index}: give a --token that opens it, or take an export.`);
    if (event === undefined) throw new MirrorFault(`${this.name} does not hold the payload of leaf ${index}.`);
    if (leafOf(this.#origin, event).hash !== hash)
      throw new MirrorFault(`What ${this.name} holds as the payload of leaf ${index} is not the event in the log.`);
    return event;
  }
}

/** Leaf hash of the genesis that a mirror holds, 64 hex. */
export async function genesisHashIn(mirror: LogMirror): Promise<string> {
  const file = await mirror.read('genesis.json', genesisBytesMax);
  const { entry } = fieldsOf(file?.toString('utf8') ?? '') ?? {};
  if (typeof entry !== 'string') throw new MirrorFault(`${mirror.name} holds no genesis.json: it is no copy of a log.`);
  return leafHashOf(Buffer.from(entry, 'base64').toString('latin1'));
}

function widthAt(first: bigint, size: bigint): number {
  return size - first < BigInt(tileWidth) ? Number(size - first) : tileWidth;
}

function eventOf(line: string): CopiedEvent | 'withheld' | undefined {
  const fields = fieldsOf(line);
  if (fields === undefined) return undefined;
  const { id, stream, rev, type, data, metadata } = fields;
  if (data === null || metadata === null) return 'withheld';
  if (![id, stream, rev, type, data, metadata].every((text) => typeof text === 'string')) return undefined;
  if (data === 'missing' || !/^(0|[1-9]\d{0,18})$/.test(rev as string)) return undefined;
  const event = { id: id as string, stream: stream as string, revision: BigInt(rev as string), type: type as string };
  const stored = Buffer.from(metadata as string, 'base64').toString('utf8');
  return { ...event, data: Buffer.from(data as string, 'base64').toString('utf8'), metadata: stored === '' ? undefined : stored };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
