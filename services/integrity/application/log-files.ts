import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import {
  bundlesOf,
  numberPath,
  parseNumberPath,
  parseTilePath,
  tilePath,
  tilesOf,
  tileWidth,
  type TileAddress,
} from '../domain/tree/tile-address.ts';
import { anchorLines, type AnchorsQuery } from './anchors-query.ts';
import type { CosignedHeads } from './cosignature-store.ts';
import { eventAt } from './genesis.ts';
import { earlierKey, incarnationsOf, partsOfKey } from './incarnations.ts';
import type { PublishedHead, TreeHead } from '../domain/tree-head.ts';
import type { HeadStore } from './head-store.ts';
import type { LeafRow, LeafStore } from './leaf-store.ts';
import type { ProviderLogs } from './provider-logs.ts';
import { systemStream } from './system-log.ts';

export interface LogFilesOptions {
  readonly store: EventStore;
  readonly logs: ProviderLogs;
  readonly leaves: LeafStore;
  readonly heads: HeadStore;
  /** Absent: the published head is shown as it was signed. */
  readonly cosigned?: CosignedHeads;
  readonly anchors: AnchorsQuery;
}

/** A published file of a log. */
export interface LogFile {
  readonly bytes: Buffer;
  readonly contentType: string;
  /** Never changes any more. */
  readonly isImmutable: boolean;
}

export interface ReadOptions {
  /** Whether the reader may see what the leaves commit to. */
  readonly payloads: boolean;
  /** Whether the reader may see stream, type and id of leaves; so does a reader of payloads. True when absent. */
  readonly entries?: boolean;
  /** The files as they are under this head, for a reader of many while the log grows; the newest one when absent. */
  readonly head?: PublishedHead;
}

const text = 'text/plain; charset=utf-8';
const json = 'application/json; charset=utf-8';
const jsonLines = 'application/jsonl; charset=utf-8';
const binary = 'application/octet-stream';

/**
 * The files of a log under the names of the log format, the same for a live log and for an export. `log` is the provider's slug. Nothing
 * beyond the newest published head is shown: what is not signed is not said.
 */
export class LogFiles {
  readonly #options: LogFilesOptions;

  constructor(options: LogFilesOptions) {
    this.#options = options;
  }

  /** Undefined for a name that there is not. */
  async read(log: string, path: string, { payloads, entries = true, head: asked }: ReadOptions): Promise<LogFile | undefined> {
    const head = asked ?? (await this.head(log));
    if (head === undefined) return undefined;
    switch (path) {
      case 'checkpoint':
        return head.note === '' ? undefined : { bytes: Buffer.from(head.note), contentType: text, isImmutable: false };
      case 'log.vkey':
        return this.#vkey(log);
      case 'genesis.json':
        return this.#genesis(log);
      case 'anchors.jsonl':
        return this.#anchors(log, head.size);
    }
    const tile = parseTilePath(path);
    if (tile !== undefined) return this.#tile(log, tile, head.size);
    const number = parseNumberPath(/^payloads\/(.+)\.jsonl$/.exec(path)?.[1] ?? '');
    return number === undefined ? undefined : this.#payloads(log, number, head.size, { payloads, entries });
  }

  /**
   * The head that the world sees, with what witnesses said of it; undefined before the first. Of an earlier incarnation what the next one goes
   * on with, for which its genesis vouches, or the last signed head where the leaves that were lost are still here.
   */
  async head(log: string): Promise<PublishedHead | undefined> {
    const { heads, cosigned } = this.#options;
    const published = await heads.published(log);
    const kept = await this.#keptOf(log);
    if (kept !== undefined && !(await this.#hasMore(log, kept.size, published))) return { ...kept, note: published?.note ?? '' };
    return published && cosigned ? cosigned.shown(log, published) : published;
  }

  async #hasMore(log: string, size: bigint, published: PublishedHead | undefined): Promise<boolean> {
    if (published === undefined || published.size <= size) return false;
    return (await this.#options.leaves.leaves(log, published.size - 1n, 1)).length === 1;
  }

  /** The logs that a log goes on with, the first one first. */
  async earlier(log: string): Promise<{ readonly key: string; readonly number: number }[]> {
    const newest = await this.#options.logs.find(log);
    const ended = newest === undefined ? [] : incarnationsOf(newest).slice(0, -1);
    return ended.map((_, at) => ({ key: earlierKey(log, at + 1), number: at + 1 }));
  }

  async #keptOf(log: string): Promise<TreeHead | undefined> {
    const { slug, number } = partsOfKey(log);
    const newest = number === undefined ? undefined : await this.#options.logs.find(slug);
    const supersedes = newest && incarnationsOf(newest)[number as number]?.policy.supersedes;
    return supersedes && { size: BigInt(supersedes.size), root: Buffer.from(supersedes.root, 'hex') };
  }

  /** The names of everything under a head of this size, the checkpoint aside. */
  *names(size: bigint): Iterable<string> {
    yield* ['log.vkey', 'genesis.json', 'anchors.jsonl'];
    for (const tile of tilesOf(size)) yield tilePath(tile);
    for (const bundle of bundlesOf(size)) {
      yield tilePath(bundle);
      yield payloadsPath(bundle.index);
    }
  }

  async #vkey(log: string): Promise<LogFile | undefined> {
    const found = await this.#options.logs.find(log);
    const vkeys = found?.vkeys.toReversed().map((vkey) => `${vkey}\n`);
    return vkeys && { bytes: Buffer.from(vkeys.join('')), contentType: text, isImmutable: false };
  }

  /** Those that the head covers: an older head that a reader holds is not to look as if leaves were missing. */
  async #anchors(log: string, size: bigint): Promise<LogFile> {
    const anchors = (await this.#options.anchors.anchors(log)).filter((anchor) => BigInt(anchor.size) <= size);
    return { bytes: Buffer.from(anchorLines(anchors)), contentType: jsonLines, isImmutable: false };
  }

  /** The genesis opens its own commitment: entry, payload and salt. */
  async #genesis(log: string): Promise<LogFile | undefined> {
    const [leaf] = await this.#options.leaves.leaves(log, 0n, 1);
    const event = leaf && (await eventAt(this.#options.store, leaf.position));
    if (leaf === undefined || event?.id !== leaf.eventId || event.metadata === undefined) return undefined;
    const { ps: salt } = JSON.parse(event.metadata) as { readonly ps: string };
    const entry = Buffer.from(leaf.entry).toString('base64');
    const payload = Buffer.from(event.data).toString('base64');
    return { bytes: Buffer.from(JSON.stringify({ entry, payload, salt })), contentType: json, isImmutable: true };
  }

  async #tile(log: string, { level, index, width }: TileAddress, size: bigint): Promise<LogFile | undefined> {
    const isImmutable = width === tileWidth;
    if (level === 'entries') {
      const first = index * BigInt(tileWidth);
      if (first + BigInt(width) > size) return undefined;
      const leaves = await this.#options.leaves.leaves(log, first, width);
      return { bytes: Buffer.concat(leaves.map(sizedEntry)), contentType: binary, isImmutable };
    }
    // A hash of this level covers 256^level leaves; only those below the head are shown.
    const hashes = size >> BigInt(8 * level);
    if (level > 7 || index * BigInt(tileWidth) + BigInt(width) > hashes) return undefined;
    const [tile] = await this.#options.leaves.tilesOfLevel(log, level, index, 1);
    if (tile?.index !== index || tile.hashes.length < width * 32) return undefined;
    return { bytes: tile.hashes.subarray(0, width * 32), contentType: binary, isImmutable };
  }

  async #payloads(
    log: string,
    number: bigint,
    size: bigint,
    { payloads, entries }: Required<Pick<ReadOptions, 'payloads' | 'entries'>>,
  ): Promise<LogFile | undefined> {
    const first = number * BigInt(tileWidth);
    if (first >= size) return undefined;
    const count = size - first < BigInt(tileWidth) ? Number(size - first) : tileWidth;
    const leaves = await this.#options.leaves.leaves(log, first, count);
    const kept = (await this.#keptOf(log))?.size ?? size;
    // What an earlier incarnation lost: other events may stand at those positions by now.
    const events = await this.#eventsOf(leaves.filter(({ index }) => index < kept));
    const lines = leaves.map((leaf) => {
      if (payloads || isPublicLeaf(log, leaf)) return payloadLine(leaf, leaf.index < kept ? events.get(leaf.position) : undefined);
      return withheldLine(leaf, entries);
    });
    return { bytes: Buffer.from(lines.join('')), contentType: jsonLines, isImmutable: false };
  }

  /** What the event store holds at the places that the leaves remember, whatever that is. */
  async #eventsOf(leaves: readonly LeafRow[]): Promise<ReadonlyMap<bigint, StoredEvent>> {
    const wanted = new Set(leaves.map(({ position }) => position));
    const [fromPosition] = [...wanted].sort((left, right) => (left < right ? -1 : 1));
    const last = leaves.reduce((largest, { position }) => (position > largest ? position : largest), 0n);
    const events = new Map<bigint, StoredEvent>();
    // Without a filter: an event that was moved to another provider's stream is still the event at this place.
    for await (const event of this.#options.store.readAll({ ...(fromPosition !== undefined && { fromPosition }) })) {
      if (event.position > last) break;
      if (wanted.has(event.position)) events.set(event.position, event);
      if (events.size === wanted.size) break;
    }
    return events;
  }
}

function payloadsPath(number: bigint): string {
  return `payloads/${numberPath(number)}.jsonl`;
}

/** As public as the checkpoint: what a verifier needs before anybody trusts it. */
const publicTypes = ['LogGenesis/1', 'LogPolicyChanged/1', 'KeyRotated/1', 'TimeTicked/1'];

export function isPublicLeaf(log: string, { stream, entry }: LeafRow): boolean {
  return stream === systemStream(partsOfKey(log).slug) && publicTypes.includes(typeOf({ entry }));
}

function typeOf({ entry }: Pick<LeafRow, 'entry'>): string {
  return (JSON.parse(entry) as { readonly type: string }).type;
}

/** The length in two bytes, big-endian, then the entry. */
function sizedEntry({ entry }: LeafRow): Buffer {
  const bytes = Buffer.allocUnsafe(2 + entry.length);
  bytes.writeUInt16BE(entry.length);
  bytes.write(entry, 2, 'latin1');
  return bytes;
}

/** What stands in the store, base64; `missing` where nothing does. */
function payloadLine(leaf: LeafRow, event: StoredEvent | undefined): string {
  const base64 = (bytes: string | undefined) => (bytes === undefined ? '' : Buffer.from(bytes).toString('base64'));
  if (event === undefined) return line({ ...placeOf(leaf), data: 'missing', metadata: 'missing' });
  const { id, stream, revision, type } = event;
  const place = { i: leaf.index.toString(), id, stream, rev: revision.toString(), type };
  return line({ ...place, data: base64(event.data), metadata: base64(event.metadata) });
}

/** The same for a reader who may not see it: null stands for what is withheld. */
function withheldLine(leaf: LeafRow, isPlaceShown: boolean): string {
  const { i, ...place } = placeOf(leaf);
  const shown = isPlaceShown ? place : { id: null, stream: null, rev: null, type: null };
  return line({ i, ...shown, data: null, metadata: null });
}

function placeOf(leaf: LeafRow) {
  return { i: leaf.index.toString(), id: leaf.eventId, stream: leaf.stream, rev: leaf.revision.toString(), type: typeOf(leaf) };
}

function line(fields: object): string {
  return `${JSON.stringify(fields)}\n`;
}
